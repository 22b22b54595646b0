-- What became of a request that somebody made is looked up by the request.

-- +goose Up

create index registration_of_request on perigee.registration (workspace, event) where event like 'request-%';

-- +goose Down
drop index perigee.registration_of_request;
