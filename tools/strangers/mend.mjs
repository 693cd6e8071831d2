// record.mjs, mended: cut the text's own tokens, then add both ends. Texts in, vectors out.
import {readFileSync} from 'node:fs'
import {AutoModel, AutoTokenizer, Tensor, env, mean_pooling} from '@huggingface/transformers'

env.allowRemoteModels = false
env.localModelPath = '.'
const tokenizer = await AutoTokenizer.from_pretrained('all-MiniLM-L6-v2')
const model = await AutoModel.from_pretrained('all-MiniLM-L6-v2', {dtype: 'fp32'})

async function embed(text) {
  const own = tokenizer.encode(text, {add_special_tokens: false}).slice(0, 254)
  const [cls, sep] = tokenizer.encode('')                     // the ends alone
  const ids = [cls, ...own, sep]
  const row = numbers => new Tensor('int64', numbers.map(BigInt), [1, ids.length])
  const attention_mask = row(ids.map(() => 1))
  const {last_hidden_state} = await model({
    input_ids: row(ids), attention_mask, token_type_ids: row(ids.map(() => 0))})
  return mean_pooling(last_hidden_state, attention_mask).normalize(2, -1).tolist()[0]
}

const vectors = []
for (const text of JSON.parse(readFileSync(0, 'utf8'))) vectors.push(await embed(text))
console.log(JSON.stringify(vectors))
