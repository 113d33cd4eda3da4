/**
 * What a pipeline is beside its steps: a version of a family, an image, pointers that lead to it; and keys that can be
 * switched off. See docs/adr/0008.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table api_keys
      add column is_enabled boolean not null default true,
      add column updated_at timestamptz not null default now();

    -- The part before the slash of everything that somebody names: their user name, as image registries can spell it.
    create function namespace_of(username text, email text) returns text language sql immutable as $$
      select coalesce(
        nullif(trim(both '-_' from regexp_replace(lower(coalesce(username, split_part(email, '@', 1))), '[^a-z0-9_-]+', '-', 'g')), ''),
        'user'
      )
    $$;
    -- What nobody has named stands under the account's first owner.
    create function namespace_of_account(account integer) returns text language sql stable as $$
      select coalesce(
        (select namespace_of(u.username, u.email) from memberships m join users u on u.id = m.user_id
         where m.account_id = account and 1 = any(m.role_ids) order by u.id limit 1),
        'account'
      )
    $$;

    create table scaling_configs (
      id integer generated always as identity primary key,
      public_id uuid not null unique default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      name text collate "C" not null,
      type text not null default 'windows',
      args jsonb not null default '{}',
      minimum_nodes integer not null default 0,
      maximum_nodes integer not null default 100,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (account_id, name),
      constraint scaling_configs_nodes check (0 <= minimum_nodes and minimum_nodes <= maximum_nodes)
    );

    -- It outlives its versions, so that no number is given twice.
    create table pipeline_families (
      id integer generated always as identity primary key,
      account_id integer not null references accounts on delete cascade,
      name text collate "C" not null,
      versions integer not null,
      created_at timestamptz not null default now(),
      unique (account_id, name)
    );

    create table deployments (
      pipeline_id integer primary key references pipelines on delete cascade,
      family_id integer not null references pipeline_families on delete cascade,
      version integer not null,
      image text not null default '',
      input_variables jsonb not null default '[]',
      output_variables jsonb not null default '[]',
      accelerators text[] not null default '{}',
      cluster jsonb,
      scaling_config_id integer references scaling_configs on delete set null,
      extras jsonb,
      readme text,
      public boolean not null default false,
      website_url text,
      repository_url text,
      paper_url text,
      license_url text,
      image_url text,
      unique (family_id, version)
    );
    create index deployments_scaling_config_id on deployments (scaling_config_id);

    -- pipeline_id becomes null when the pipeline goes: the pointer then leads to what was there, and its name is free.
    create table pointers (
      id integer generated always as identity primary key,
      public_id uuid not null unique default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      pointer text collate "C" not null,
      pipeline_id integer references pipelines on delete set null,
      target uuid not null,
      locked boolean not null default false,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (account_id, pointer)
    );
    create index pointers_pipeline_id on pointers (pipeline_id);

    -- Uploaded for its own sake: it stays although nothing refers to it.
    alter table files add column pinned boolean not null default false;

    -- A file that is sent in parts: each part is a file of its own until they are put together.
    create table multipart_uploads (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      user_id integer references users on delete set null,
      file_id uuid not null unique default gen_random_uuid(),
      name text not null,
      created_at timestamptz not null default now()
    );
    create index multipart_uploads_created_at on multipart_uploads (created_at);
    create table multipart_parts (
      upload_id uuid not null references multipart_uploads on delete cascade,
      number integer not null,
      file_id uuid not null references files on delete cascade,
      primary key (upload_id, number)
    );
    create index multipart_parts_file_id on multipart_parts (file_id);

    -- Counts one more version of a family, which is made with its first.
    create function next_version(account integer, family text) returns pipeline_families language sql as $$
      insert into pipeline_families as f (account_id, name, versions) values (account, family, 1)
        on conflict (account_id, name) do update set versions = f.versions + 1
        returning *
    $$;
    -- Makes a pipeline the last version of a family, with the pointer of that version.
    create function join_family(pipeline pipelines, family pipeline_families) returns void language sql as $$
      insert into deployments (pipeline_id, family_id, version) values (pipeline.id, family.id, family.versions)
        on conflict (pipeline_id) do update set family_id = excluded.family_id, version = excluded.version;
      insert into pointers as p (account_id, pointer, pipeline_id, target, locked)
        values (pipeline.account_id, family.name || ':v' || family.versions, pipeline.id, pipeline.public_id, true)
        on conflict (account_id, pointer) do update
          set pipeline_id = excluded.pipeline_id, target = excluded.target, locked = true, updated_at = now()
          where p.pipeline_id is null;
    $$;
    create function join_family_of_identifier(pipeline pipelines) returns void language sql as $$
      select join_family(
        pipeline,
        next_version(pipeline.account_id, namespace_of_account(pipeline.account_id) || '/' || pipeline.uuid)
      )
    $$;

    -- Whoever makes a pipeline and names no family for it, by the end of the transaction, names it by its identifier.
    create function pipeline_needs_family() returns trigger language plpgsql as $$
      declare
        made pipelines;
      begin
        select * into made from pipelines where id = new.id for key share;
        if found and not exists (select from deployments where pipeline_id = made.id) then
          perform join_family_of_identifier(made);
        end if;
        return null;
      end
    $$;
    create constraint trigger pipelines_need_family after insert on pipelines
      deferrable initially deferred for each row execute function pipeline_needs_family();

    -- A pipeline with a new identifier goes by it from then on; the pointers that it had still lead to it.
    create function pipeline_changes_family() returns trigger language plpgsql as $$
      begin
        perform join_family_of_identifier(new);
        return null;
      end
    $$;
    create trigger pipelines_change_family after update of uuid on pipelines
      for each row when (old.uuid is distinct from new.uuid) execute function pipeline_changes_family();

    select join_family_of_identifier(p) from (select * from pipelines order by id) p;
  `);
}

/** Forward only. */
export async function down() {}
