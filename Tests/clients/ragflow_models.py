# SPDX-License-Identifier: Apache-2.0
"""Drives the model classes of a RAGFlow checkout through a running relay, by every base URL a user may type.

usage: python ragflow_models.py CHECKOUT RELAY_URL [KEY]

RELAY_URL is scheme, host and port, in front of a gateway that answers every kind of model (scripts/run starts such a
pair). Needs the packages of requirements-ragflow.txt, numpy, json_repair and ruamel.yaml; whatever else RAGFlow imports
is replaced by an empty shell. Prints a line for each provider, kind and base URL, and exits with 1 if one failed.
"""
import asyncio
import importlib
import importlib.abc
import importlib.machinery
import io
import os
import pathlib
import sys
import types
import wave

PROVIDERS = ["OpenAI-API-Compatible", "VLLM", "New API", "OpenAI"]
BASES = ["/v1", "", "/v1/"]
# Heavy, or in want of a network, and of no account here.
SHELLS = {
    "tiktoken", "rag.nlp", "rag.prompts", "common.settings", "api.settings", "graphrag", "dashscope", "ollama", "zai",
}


class AnyClass(type):
    def __getattr__(cls, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return Anything()


class Anything(metaclass=AnyClass):
    """Stands for whatever a missing module would hold."""

    def __init__(self, *_, **__):
        pass

    def __call__(self, *_, **__):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def encode(self, text, **_):
        return text.split()

    def decode(self, words, **_):
        return " ".join(words)


class Shell(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything() if name.islower() else AnyClass(name, (Anything,), {})


class Shells(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds shells for the modules named; without names for whatever the checkout asks for and nobody has."""

    def __init__(self, names=(), checkout=None):
        self.names, self.checkout = names, checkout

    def find_spec(self, name, path, target=None):
        if self.checkout:
            wanted = self._asker().startswith(self.checkout)
        else:
            wanted = any(name == shell or name.startswith(shell + ".") for shell in self.names)
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if wanted else None

    @staticmethod
    def _asker():
        frame = sys._getframe(2)
        while frame and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        return frame.f_code.co_filename if frame else ""

    def create_module(self, spec):
        return Shell(spec.name)

    def exec_module(self, module):
        pass


async def collect(stream):
    return [piece async for piece in stream]


def chat(kind, key, url, provider):
    options = {"provider": provider} if provider == "OpenAI" and "LiteLLM" in kind.__name__ else {}
    model = kind(key, "demo-chat", base_url=url, **options)
    conversation = ("", [{"role": "user", "content": "Hi"}], {"temperature": 0.9})
    if hasattr(model, "async_chat_streamly"):
        pieces = asyncio.run(collect(model.async_chat_streamly(*conversation)))
    else:
        pieces = list(model.chat_streamly(*conversation))
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    assert text and "**ERROR**" not in text, text


def embedding(kind, key, url, _):
    vectors, _ = kind(key, "demo-embed", base_url=url).encode(["Test if the api key is available"] * 17)
    assert len(vectors) == 17 and len(vectors[0]) > 1


def rerank(kind, key, url, _):
    scores, _ = kind(key, "demo-rerank", base_url=url).similarity("token", ["apple", "a token"])
    assert scores[1] > scores[0], scores


def vision(kind, key, url, _):
    picture = bytes.fromhex("89504e470d0a1a0a")
    text, _ = kind(key, "demo-vision", base_url=url).describe(picture)
    assert text and "**ERROR**" not in text, text


def transcription(kind, key, url, _):
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(16000))
    path = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"ragflow-models-{os.getpid()}.wav"
    path.write_bytes(sound.getvalue())
    try:
        text, _ = kind(key, "demo-asr", base_url=url).transcription(path)
    finally:
        path.unlink()
    assert text and "**ERROR**" not in text, text


def speech(kind, key, url, _):
    pieces = list(kind(key, "demo-tts", base_url=url).tts("Hello~ RAGFlower!"))
    assert sum(len(piece) for piece in pieces if isinstance(piece, bytes)) > 1000


# Where RAGFlow keeps a class for each provider.
KINDS = {
    "ChatModel": chat, "EmbeddingModel": embedding, "RerankModel": rerank, "CvModel": vision,
    "Seq2txtModel": transcription, "TTSModel": speech,
}


def main(checkout, relay, key="any"):
    sys.path.insert(0, os.path.abspath(checkout))
    sys.meta_path.insert(0, Shells(SHELLS))
    sys.meta_path.append(Shells(checkout=os.path.abspath(checkout)))
    failures = 0
    models = importlib.import_module("rag.llm")
    for name, call in KINDS.items():
        found = getattr(models, name)
        for provider in filter(found.__contains__, PROVIDERS):
            for base in BASES:
                try:
                    call(found[provider], key, relay + base, provider)
                    outcome = "ok"
                except Exception as error:
                    outcome = f"FAILED {error!r}"
                    failures += 1
                print(f"{provider:22} {call.__name__:14} {base or '(root)':7} {outcome}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
