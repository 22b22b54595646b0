// Command csw answers OGC Catalogue Service for the Web 2.0.2 and 3.0.0, OAI-PMH and SRU from the catalogue. What CSW is sent to be
// written it has register write, on behalf of who sent it, and what is to be harvested at an interval register harvests. A request
// that names a ResponseHandler is an event before it is acknowledged, and answered by whoever gets that.
//
// In: perigee.csw.acknowledged, perigee.csw.answered; HTTP /csw, /oaipmh, /sru
// Out: perigee.csw.acknowledged, perigee.csw.answered; answers, to the addresses that requests name as their ResponseHandler
// Reads: the catalogue; register, which writes what is sent
// Writes: nothing
package main

import (
	"context"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/function"
	"perigee/shared/identity"
)

type config struct {
	identity.Config
	DatabaseURL string        `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that reads"`
	Connections int32         `envconfig:"DATABASE_CONNECTIONS" default:"4" desc:"connections of one instance at most"`
	Wait        time.Duration `envconfig:"DATABASE_WAIT" default:"5s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Title       string        `envconfig:"TITLE" default:"Perigee catalogue" desc:"title of the service"`
	Abstract    string        `envconfig:"ABSTRACT" default:"Earth observation products and collections" desc:"what the service offers"`
	Provider    string        `envconfig:"PROVIDER" default:"Perigee" desc:"who offers the service"`
	Email       string        `envconfig:"EMAIL" default:"catalogue@localhost" desc:"whom to write to about the service"`

	AsPycsw bool `envconfig:"CSW_AS_PYCSW" default:"false" desc:"whether answers are those of pycsw where it has its own way: CSW's PropertyIsNotEqualTo with matchCase=false finds what is equal, boxes have two decimals, summaries no names of places, words are found within words, a time searched for holds that of a record, one exception is told by pycsw's codes, GetRecords by XML gives records where it has a constraint and no resultType, SRU counts where no number of records is asked for"`

	File      string `envconfig:"PYCSW_CONFIG" desc:"file with the configuration of pycsw (pycsw.yml, pycsw.cfg or values of its chart), which wins over the settings above"`
	ServerURL string `envconfig:"PYCSW_SERVER_URL" desc:"wins over server.url of that file"`

	Writes   bool     `envconfig:"CSW_WRITES" default:"false" desc:"whether Transaction and Harvest are offered, to who may write"`
	Writers  []string `envconfig:"CSW_WRITERS" default:"*" desc:"addresses that may ask for them, between commas: 10.0.0.1, 10.0.0.0/8, 10.0.0.*, or * for all"`
	Reach    []string `envconfig:"REACHABLE" desc:"addresses, blocks of them and names of hosts inside that Harvest may read and answers may be sent to, between commas; public ones may be anyway"`
	Register string   `envconfig:"REGISTER_URL" desc:"URL of the function that writes"`

	Sink      string `envconfig:"K_SINK" desc:"where events go; without it no answer is sent later"`
	Overrides string `envconfig:"K_CE_OVERRIDES"`

	Catalogues string        `envconfig:"FEDERATED_CATALOGUES" desc:"addresses of other CSW that a query is sent to where it asks for that, between commas: address, or id=address; or as JSON what pycsw has as distributedsearch or federatedcatalogues"`
	Patience   time.Duration `envconfig:"FEDERATED_TIMEOUT" default:"10s" desc:"how long federated catalogues are waited for, all together"`
}

func main() { function.Main("csw", run) }

func run(ctx context.Context, c config) error {
	c, p, err := c.settled()
	if err != nil {
		return err
	}
	edge, err := identity.New(c.Config)
	if err != nil {
		return err
	}
	store, err := catalogue.Open(ctx, catalogue.Config{URL: c.DatabaseURL, MaxConns: c.Connections, Wait: c.Wait})
	if err != nil {
		return err
	}
	defer store.Close()
	protocols, err := doors(store, c, p, edge.Wrap)
	if err != nil {
		return err
	}
	return function.Serve(ctx, function.Server{Handler: protocols, Ready: store.Ready})
}
