-- What workspaces lay over the system's product configuration. Nothing in it is secret.

-- +goose Up

create table perigee.workspace_products (
    workspace text collate "C" primary key,
    revision  bigint not null, -- of the workspace's count of changes; the same is noted for the layer '', for caches
    text      bytea,           -- YAML, as it was put; null: it was taken back
    modified  timestamptz not null
);

-- +goose Down
drop table perigee.workspace_products;
