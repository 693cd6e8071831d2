// The part of record.py that runs in node: texts on standard input, vectors out, as JSON.
import {readFileSync} from 'node:fs'
import {env, pipeline} from '@huggingface/transformers'

env.allowRemoteModels = false
env.localModelPath = '.'
const embed = await pipeline('feature-extraction', 'all-MiniLM-L6-v2', {dtype: process.argv[2]})
const texts = JSON.parse(readFileSync(0, 'utf8'))
console.log(JSON.stringify((await embed(texts, {pooling: 'mean', normalize: true})).tolist()))
