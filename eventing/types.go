// Package eventing is what functions say to each other: the event types, their payloads, the adapter that makes an
// event function an http.Handler, and the sink that sends.
package eventing

import (
	"encoding/json"
	"time"
)

// The types of events. README.md of this folder is the catalogue: who emits, who consumes, what is inside.
const (
	TypeObjectCreatedPrefix = "com.amazonaws.s3.ObjectCreated" // followed by e.g. :Put
	TypeObjectRemovedPrefix = "com.amazonaws.s3.ObjectRemoved"
	TypeRegisterRequested   = "perigee.register.requested"
	TypeRegisterFailed      = "perigee.register.failed"
	TypeHarvestRequested    = "perigee.harvest.requested"
	TypePing                = "dev.knative.sources.ping"           // Knative's PingSource
	TypeItemCreate          = "org.ogc.api.collection.item.create" // OGC API PubSub
	TypeItemReplace         = "org.ogc.api.collection.item.replace"
	TypeItemDelete          = "org.ogc.api.collection.item.delete"
	TypeCollectionCreate    = "org.ogc.api.collection.create"
	TypeCollectionReplace   = "org.ogc.api.collection.replace"
	TypeCollectionDelete    = "org.ogc.api.collection.delete"
	TypeSeedRequested       = "perigee.seed.requested"
	TypeWorkspaceCreated    = "perigee.workspace.created"
	TypeWorkspaceDeleted    = "perigee.workspace.deleted"
	TypeWorkspaceProducts   = "perigee.workspace.products"
	TypeAcknowledged        = "perigee.csw.acknowledged"
	TypeAnswered            = "perigee.csw.answered"
)

// ItemPrefix is what the types of events of items begin with.
const ItemPrefix = "org.ogc.api.collection.item."

// WorkspacePrefix is what the types of events about a workspace itself begin with.
const WorkspacePrefix = "perigee.workspace."

// The names of the extension attributes that triggers route on (CloudEvents 1.0, 3.1: lower case letters and digits).
const (
	ExtensionRoute      = "route"
	ExtensionMode       = "mode"
	ExtensionWorkspace  = "workspace"
	ExtensionCollection = "collection"
	ExtensionLayer      = "layer"
	ExtensionHarvester  = "harvester" // of a ping: which harvester is to run
	ExtensionSweep      = "sweep"     // of a ping: what was left undone is to be done
)

// Route says how a document is parsed and where it goes: by the name of a route, by that of a queue of EOEPCA's registrar
// (register_ades_queue), or by what its requests call themselves (oaproc).
type Route string

// The routes that there are by themselves. A deployment may configure others.
const (
	RouteItems       Route = "items"       // STAC items
	RouteCollections Route = "collections" // STAC collections
	RoutePaths       Route = "path"        // a path or an address of an item or a product
	RouteAssets      Route = "assets"      // a file that items may refer to: they are looked at again
	RouteJSON        Route = "json"        // records of OGC API - Records, or whatever STAC document it is
	RouteXML         Route = "xml"         // a record as XML, which is a text of the content
	RouteResource    Route = "resource"    // a resource that CSW's Harvest has harvested at an interval, and that is due
)

// Mode says what is to be done with a document.
type Mode string

// The modes of EOEPCA's registrar.
const (
	ModeRegister   Mode = "register"   // create; an existing one is replaced only when the deployment says so
	ModeReplace    Mode = "replace"    // create or replace
	ModeDeregister Mode = "deregister" // delete
)

// MaxBatch and MaxRequest bound a register request; beyond them a document is named by Href alone.
const (
	MaxBatch   = 100
	MaxRequest = 512 << 10 // bytes
)

// RegisterRequest is the data of perigee.register.requested and perigee.register.failed.
type RegisterRequest struct {
	Documents []Document `json:"documents"`
	Error     string     `json:"error,omitempty"` // of perigee.register.failed: why, in words
}

// Document is one thing to register, replace or deregister: where it lies, or what it says.
type Document struct {
	Href       string          `json:"href,omitempty"`       // s3://bucket/key, or an address of http or https: its present state is read
	Content    json.RawMessage `json:"content,omitempty"`    // the document itself, or what its route is told in its place
	Collection string          `json:"collection,omitempty"` // with ID: the record to deregister
	ID         string          `json:"id,omitempty"`
	Time       time.Time       `json:"time,omitzero"` // when it was asked for, to order creations and deletions
}

// HarvestRequest is the data of perigee.harvest.requested, and may be that of a ping: a harvester to run, or a run to go
// on with.
type HarvestRequest struct {
	Name   string          `json:"name,omitempty"`   // of the harvester
	Values json.RawMessage `json:"values,omitempty"` // laid over its configuration
	Run    string          `json:"run,omitempty"`    // to go on with
	Cursor int64           `json:"cursor,omitempty"` // where the run was when the event was made
}

// Workspace is the data of perigee.workspace.created and perigee.workspace.deleted.
type Workspace struct {
	Name       string `json:"name"`
	Owner      string `json:"owner"`
	Bucket     string `json:"bucket"`
	Generation int    `json:"generation"` // how often a workspace of this name was made
}

// WorkspaceProducts is the data of perigee.workspace.products: what a workspace lays over the product configuration
// changed, and its items are to be looked at again.
type WorkspaceProducts struct {
	Name     string `json:"name"`
	Revision int64  `json:"revision"`        // of the change; a later one has an event of its own
	After    string `json:"after,omitempty"` // address of the last document that was asked for, to go on behind it
}

// Acknowledged is the data of perigee.csw.acknowledged: a request to CSW that was acknowledged, and whose answer is to be sent to handlers. It
// says on whose behalf it is answered, and by which right; it holds nothing by which anybody could show who they are.
type Acknowledged struct {
	Principal string   `json:"principal"`
	Roles     []string `json:"roles"`
	Base      string   `json:"base,omitempty"`     // of the addresses in its answer
	Pairs     string   `json:"pairs,omitempty"`    // the query of a request by key-value pairs
	Document  []byte   `json:"document,omitempty"` // of one by XML, in base64
	Handlers  []string `json:"handlers"`           // addresses of the web
}

// Answered is the data of perigee.csw.answered: an answer that is to be sent to one handler.
type Answered struct {
	Handler   string `json:"handler"`
	MediaType string `json:"media_type"`
	Document  []byte `json:"document"` // in base64
}

// Object is the data of an S3 notification as a CloudEvent (the CloudEvents adapter for AWS S3): one record.
type Object struct {
	EventName string `json:"eventName"`
	EventTime string `json:"eventTime"`
	S3        struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string `json:"key"`
			ETag      string `json:"eTag,omitempty"`
			Sequencer string `json:"sequencer,omitempty"`
			VersionID string `json:"versionId,omitempty"`
		} `json:"object"`
	} `json:"s3"`
}

// SeedRequest is the data of perigee.seed.requested: some blocks of a level of a seeding job, counted from 0.
type SeedRequest struct {
	Job   string `json:"job"`
	Level int    `json:"level"`
	From  int64  `json:"from"` // the first block
	To    int64  `json:"to"`   // behind the last
}
