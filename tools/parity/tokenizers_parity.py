"""Token ids and chat prompts of the reference tokenizers, for libs/tokenizers.

    python tools/parity/tokenizers_parity.py        (PyPI: transformers, tokenizers, sentencepiece, gguf, numpy)

Needs the model files that setup puts below .egolab/models. Writes libs/tokenizers/src/fixtures/:
reference.json (texts, ids, chat prompts), sentencepiece.gguf, a small vocabulary that sentencepiece trains here, and llama/,
the same as a folder that transformers saves.
"""

import io
import json
from pathlib import Path

import gguf
import sentencepiece
from tokenizers import pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

ROOT = Path(__file__).parents[2]
MODELS = ROOT / ".egolab/models"
OUT = ROOT / "libs/tokenizers/src/fixtures"
OUT.mkdir(parents=True, exist_ok=True)

TEXTS = [
    "#C C picks up the mug with his left hand.",
    "  two  spaces, tabs\t\tand\n\nlines \n end ",
    "a   12 345.67e-8 ½ ² ٣ Ⅻ x1y2",
    "naïve café — “quotes” … ‘it's’ DON'T we'll",
    "東京タワー 한국어 Ελληνικά русский العربية हिन्दी",
    "🍵👩‍👩‍👧‍👦🇯🇵 e\u0301 ﬁ \u00a0nbsp\u200bzero",
    "<|im_start|>user\nhi<|im_end|>\n<|endoftext|>x <s> </s> [CLS] [SEP]",
    "def f(x):\n    return x**2  # ^_^ {}[]<>|\\~`",
    "SHOUTING camelCase snake_case a-b-c http://x.org/?q=1&r=%20",
    "",
    " ",
    "\n",
    "constructor __proto__ toString",
]
CHATS = [
    [{"role": "user", "content": "What is the person doing?"}],
    [{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": " Why? "}, {"role": "assistant", "content": "Because."}, {"role": "user", "content": "And?"}],
    [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}, {"role": "user", "content": "C"}],
]
# the template of Mistral-7B-Instruct-v0.2's first release: no system role, BOS inside, no space before the answer
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"
)


def describe(tokenizer) -> dict:
    """Ids with and without special tokens, and the text that the ids give back."""
    ids = [tokenizer(text).input_ids for text in TEXTS]
    return {
        "ids": ids,
        "plainIds": [tokenizer(text, add_special_tokens=False).input_ids for text in TEXTS],
        "decoded": [tokenizer.decode(row) for row in ids],
        "withoutSpecial": [tokenizer.decode(row, skip_special_tokens=True) for row in ids],
    }


def chats(tokenizer) -> list:
    prompts = []
    for messages in CHATS:
        try:
            prompts.append([tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=flag) for flag in (True, False)])
        except Exception:  # the template refuses the roles
            prompts.append(None)
    return prompts


def smollm2() -> dict:
    tokenizer = AutoTokenizer.from_pretrained(MODELS, gguf_file="SmolLM2-135M-Instruct.Q4_1.gguf")
    # transformers reads no pre-tokeniser "smollm" from a GGUF; the released tokenizer.json splits every digit first
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    return {**describe(tokenizer), "chats": chats(tokenizer)}


def sentencepiece_vocabulary() -> dict:
    """A SentencePiece BPE with byte fallback, as Llama 2's and Mistral's, in llama.cpp's form."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter((TEXTS[0] + " " + TEXTS[3] + " the cat sat on the mat and the other mug. ").split(".") * 3),
        model_writer=model, model_type="bpe", vocab_size=400, byte_fallback=True, split_digits=True, hard_vocab_limit=False,
        allow_whitespace_only_pieces=True, remove_extra_whitespaces=False, normalization_rule_name="identity", minloglevel=2,
    )  # fmt: skip
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    ids = range(processor.get_piece_size())
    kinds = [(processor.is_unknown, 2), (processor.is_control, 3), (processor.is_unused, 5), (processor.is_byte, 6)]
    writer = gguf.GGUFWriter(OUT / "sentencepiece.gguf", "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list([processor.id_to_piece(i) for i in ids])
    writer.add_token_scores([processor.get_score(i) for i in ids])
    writer.add_token_types([next((kind for test, kind in kinds if test(i)), 1) for i in ids])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(MISTRAL)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    texts = [text for text in TEXTS if "<s>" not in text and text]  # control tokens in a text are plain text to sentencepiece
    template = PreTrainedTokenizerFast(tokenizer_object=AutoTokenizer.from_pretrained(MODELS / "all-MiniLM-L6-v2").backend_tokenizer, bos_token="<s>", eos_token="</s>")
    template.chat_template = MISTRAL
    return {"texts": texts, "plainIds": [processor.encode(text) for text in texts], "chats": chats(template)}


def llama() -> dict:
    """The same vocabulary as transformers' own LlamaTokenizer writes it: `Metaspace`, a space before the text only."""
    tokenizer = AutoTokenizer.from_pretrained(OUT, gguf_file="sentencepiece.gguf")
    tokenizer.save_pretrained(OUT / "llama")
    return {**describe(tokenizer), "chats": chats(tokenizer)}


reference = {
    "texts": TEXTS,
    "conversations": CHATS,
    "smollm2": smollm2(),
    "miniLM": describe(AutoTokenizer.from_pretrained(MODELS / "all-MiniLM-L6-v2")),
    "sentencepiece": sentencepiece_vocabulary(),
    "llama": llama(),
}
(OUT / "reference.json").write_text(json.dumps(reference, ensure_ascii=False))
