// SPDX-License-Identifier: Apache-2.0
// libcurl's setters are variadic, which Swift cannot call: one typed inline function for each shape of argument.
#ifndef TOKENRELAY_CCURL_H
#define TOKENRELAY_CCURL_H
#include <curl/curl.h>

typedef size_t (*relay_curl_data)(char *, size_t, size_t, void *);
typedef int (*relay_curl_seek)(void *, curl_off_t, int);
typedef int (*relay_curl_prereq)(void *, char *, char *, int, int);
typedef int (*relay_curl_sockopt)(void *, curl_socket_t, curlsocktype);
typedef int (*relay_curl_closesocket)(void *, curl_socket_t);
typedef curl_socket_t (*relay_curl_open)(void *, curlsocktype, struct curl_sockaddr *);
typedef int (*relay_curl_socket)(CURL *, curl_socket_t, int, void *, void *);
typedef int (*relay_curl_timer)(CURLM *, long, void *);
typedef void (*relay_curl_lock)(CURL *, curl_lock_data, curl_lock_access, void *);
typedef int (*relay_curl_debug)(CURL *, curl_infotype, char *, size_t, void *);

static inline CURLcode relay_easy_long(CURL *h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode relay_easy_offset(CURL *h, CURLoption o, curl_off_t v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode relay_easy_text(CURL *h, CURLoption o, const char *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode relay_easy_pointer(CURL *h, CURLoption o, const void *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode relay_easy_list(CURL *h, CURLoption o, struct curl_slist *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode relay_easy_data(CURL *h, CURLoption o, relay_curl_data v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode relay_easy_seek(CURL *h, CURLoption o, relay_curl_seek v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode relay_easy_prereq(CURL *h, CURLoption o, relay_curl_prereq v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode relay_easy_sockopt(CURL *h, relay_curl_sockopt v) { return curl_easy_setopt(h, CURLOPT_SOCKOPTFUNCTION, v); }
static inline CURLcode relay_easy_closesocket(CURL *h, relay_curl_closesocket v) { return curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, v); }
static inline CURLcode relay_easy_open(CURL *h, CURLoption o, relay_curl_open v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode relay_easy_debug(CURL *h, CURLoption o, relay_curl_debug v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode relay_easy_info_long(CURL *h, CURLINFO i, long *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode relay_easy_info_offset(CURL *h, CURLINFO i, curl_off_t *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode relay_easy_info_text(CURL *h, CURLINFO i, char **v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode relay_easy_info_pointer(CURL *h, CURLINFO i, void **v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode relay_easy_info_certs(CURL *h, struct curl_certinfo **v) { return curl_easy_getinfo(h, CURLINFO_CERTINFO, v); }
static inline CURLMcode relay_multi_long(CURLM *m, CURLMoption o, long v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode relay_multi_pointer(CURLM *m, CURLMoption o, void *v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode relay_multi_socket(CURLM *m, relay_curl_socket v) { return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, v); }
static inline CURLMcode relay_multi_timer(CURLM *m, relay_curl_timer v) { return curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, v); }
static inline CURLSHcode relay_share_long(CURLSH *s, CURLSHoption o, long v) { return curl_share_setopt(s, o, v); }
static inline CURLSHcode relay_share_lock(CURLSH *s, relay_curl_lock v) { return curl_share_setopt(s, CURLSHOPT_LOCKFUNC, v); }
static inline CURLcode relay_message_result(const CURLMsg *m) { return m->data.result; }
#endif
