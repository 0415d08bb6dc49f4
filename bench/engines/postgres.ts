import { databaseOf, postgresRows } from '../../test/interop/postgres.ts'
import { withServer, type Server } from '../postgres.ts'
import type { Engine, Place } from './engine.ts'

/** Tables and indexes of the schema. */
async function bytesOf(server: Server): Promise<number> {
  const [row] = await postgresRows(
    databaseOf(server.url),
    `select jsonb_build_object('bytes', sum(pg_total_relation_size(oid))) from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  )
  return Number(row?.['bytes'])
}

/** One place at a time: the schema `public`. */
export const POSTGRES_ENGINE: Engine<Place> = {
  title: 'PostgreSQL',
  word: 'postgres',
  use: (work) =>
    withServer((server) =>
      work(async () => {
        await server.reset('public')
        return {
          url: server.url,
          size: async () => ({ bytes: await bytesOf(server) }),
          remove: async () => void (await server.reset('public')),
        }
      }),
    ),
}
