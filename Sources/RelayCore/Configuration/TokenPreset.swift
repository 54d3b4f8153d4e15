// SPDX-License-Identifier: Apache-2.0

/// Ready-made login requests: each is nothing but defaults for other variables, so that any of them can be overridden.
package enum TokenPreset: String, CaseIterable, Sendable {
    case gcpMetadata = "gcp_metadata"
    case azureIMDS = "azure_imds"
    case feishu
    case huaweiIAM = "huawei_iam"
    case baidu
    case dashscopeTemporary = "dashscope_temp"
    case ibmIAM = "ibm_iam"

    /// What the operator gave beside the preset's name; nil is unset.
    package struct Inputs: Sendable {
        package var id: String?
        /// The placeholder that stands for the secret, `${RELAY_TOKEN_PRESET_SECRET}` or `${file:…}`; never its value.
        package var secret: String?
        package var scope: String?
        package var domain: String?
        package init(id: String? = nil, secret: String? = nil, scope: String? = nil, domain: String? = nil) {
            (self.id, self.secret, self.scope, self.domain) = (id, secret, scope, domain)
        }
    }

    /// Which of the preset variables it needs.
    package var required: [String] {
        switch self {
        case .gcpMetadata, .azureIMDS: []
        case .feishu, .baidu: ["RELAY_TOKEN_PRESET_ID", "RELAY_TOKEN_PRESET_SECRET"]
        case .huaweiIAM:
            [
                "RELAY_TOKEN_PRESET_ID", "RELAY_TOKEN_PRESET_SECRET", "RELAY_TOKEN_PRESET_SCOPE",
                "RELAY_TOKEN_PRESET_DOMAIN",
            ]
        case .dashscopeTemporary, .ibmIAM: ["RELAY_TOKEN_PRESET_SECRET"]
        }
    }

    /// One line for the sample file.
    package var summary: String {
        switch self {
        case .gcpMetadata: "token of the machine's service account; ID: another account, SCOPE: scopes."
        case .azureIMDS:
            "managed identity; ID: client id of a user-assigned one, SCOPE: resource (https://cognitiveservices.azure.com)."
        case .feishu: "tenant access token; ID: app id, SECRET: app secret."
        case .huaweiIAM: "ID: user, SECRET: password, DOMAIN: account, SCOPE: project (cn-north-4)."
        case .baidu: "ID: API key, SECRET: secret key; the token travels in the query."
        case .dashscopeTemporary: "temporary key for 30 minutes; SECRET: the permanent API key."
        case .ibmIAM: "SECRET: the API key."
        }
    }

    /// Defaults by variable name.
    ///
    /// `${NAME}` of the preset's own variables is filled in like any other placeholder.
    package func defaults(_ inputs: Inputs) -> [String: String] {
        let id = "${RELAY_TOKEN_PRESET_ID}"
        let secret = inputs.secret ?? "${RELAY_TOKEN_PRESET_SECRET}"
        let scope = "${RELAY_TOKEN_PRESET_SCOPE}"
        switch self {
        case .gcpMetadata:
            let account = inputs.id == nil ? "default" : id
            return request(
                "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/\(account)/token"
                    + (inputs.scope == nil ? "" : "?scopes=\(scope)"),
                method: "GET", headers: #"{"Metadata-Flavor":"Google"}"#,
                with: ["RELAY_TOKEN_EXPIRY_KIND": "in_s", "RELAY_TOKEN_PROXY": "none"])
        case .azureIMDS:
            return request(
                "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource="
                    + (inputs.scope == nil ? "https%3A%2F%2Fcognitiveservices.azure.com" : scope)
                    + (inputs.id == nil ? "" : "&client_id=\(id)"),
                method: "GET", headers: #"{"Metadata":"true"}"#,
                with: ["RELAY_TOKEN_EXPIRY_KIND": "in_s", "RELAY_TOKEN_PROXY": "none"])
        case .feishu:
            return request(
                "https://open.feishu.cn/open-apis/auth/v3/tenant_access_token/internal",
                body: #"{"app_id":"\#(id)","app_secret":"\#(secret)"}"#,
                with: [
                    "RELAY_TOKEN_OK": "json:/code=0", "RELAY_TOKEN_FROM": "json:/tenant_access_token",
                    "RELAY_TOKEN_EXPIRY_FROM": "json:/expire", "RELAY_TOKEN_EXPIRY_KIND": "in_s",
                ])
        case .huaweiIAM:
            let region = (inputs.scope ?? "region").prefix { $0 != "_" }.filter(Self.isHostCharacter)
            let user =
                #"{"name":"\#(id)","password":"\#(secret)","domain":{"name":"${RELAY_TOKEN_PRESET_DOMAIN}"}}"#
            return request(
                "https://iam.\(region).myhuaweicloud.com/v3/auth/tokens",
                body: #"{"auth":{"identity":{"methods":["password"],"password":{"user":\#(user)}},"#
                    + #""scope":{"project":{"name":"\#(scope)"}}}}"#,
                with: [
                    "RELAY_TOKEN_FROM": "header:X-Subject-Token", "RELAY_TOKEN_EXPIRY_FROM": "json:/token/expires_at",
                    "RELAY_TOKEN_EXPIRY_KIND": "at_iso", "RELAY_UPSTREAM_AUTH_HEADER": "X-Auth-Token",
                    "RELAY_UPSTREAM_AUTH_SCHEME": "",
                ])
        case .baidu:
            return request(
                "https://aip.baidubce.com/oauth/2.0/token?grant_type=client_credentials&client_id=\(id)"
                    + "&client_secret=\(secret)",
                with: [
                    "RELAY_TOKEN_EXPIRY_KIND": "in_s", "RELAY_UPSTREAM_AUTH_QUERY": "access_token",
                    "RELAY_TOKEN_REAUTH_ON": "401;200:/error_code=110|111",
                ])
        case .dashscopeTemporary:
            return request(
                "https://dashscope.aliyuncs.com/api/v1/tokens?expire_in_seconds=1800",
                headers: #"{"Authorization":"Bearer \#(secret)"}"#,
                with: [
                    "RELAY_TOKEN_FROM": "json:/token", "RELAY_TOKEN_EXPIRY_FROM": "json:/expires_at",
                    "RELAY_TOKEN_EXPIRY_KIND": "at_s",
                ])
        case .ibmIAM:
            return request(
                "https://iam.cloud.ibm.com/identity/token", headers: #"{"Accept":"application/json"}"#,
                body: "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=\(secret)", bodyType: "form",
                with: ["RELAY_TOKEN_EXPIRY_KIND": "in_s"])
        }
    }

    private static func isHostCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "-")
    }

    private func request(
        _ url: String, method: String = "POST", headers: String? = nil, body: String? = nil, bodyType: String = "json",
        with reading: [String: String]
    ) -> [String: String] {
        var defaults = reading
        defaults["RELAY_TOKEN_HTTP_URL"] = url
        defaults["RELAY_TOKEN_HTTP_METHOD"] = method
        defaults["RELAY_TOKEN_HTTP_HEADERS"] = headers
        defaults["RELAY_TOKEN_HTTP_BODY"] = body
        defaults["RELAY_TOKEN_HTTP_BODY_TYPE"] = body == nil ? "none" : bodyType
        return defaults
    }
}
