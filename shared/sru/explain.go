package sru

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/scope"
)

// explainResponse is the answer of explain: a record of ZeeRex (http://explain.z3950.org/dtd/2.0/).
type explainResponse struct {
	XMLName xml.Name      `xml:"zs:explainResponse"`
	Root    []xml.Attr    `xml:",any,attr"`
	Version string        `xml:"zs:version"`
	Record  explainRecord `xml:"zs:record"`
}

type explainRecord struct {
	Schema  string  `xml:"zs:recordSchema"`
	Packing string  `xml:"zs:recordPacking"`
	Data    explain `xml:"zs:recordData>explain"`
}

const zeerex = "http://explain.z3950.org/dtd/2.0/"

type explain struct {
	Namespace string          `xml:"xmlns,attr"`
	Server    serverInfo      `xml:"serverInfo"`
	Database  databaseInfo    `xml:"databaseInfo"`
	Index     indexInfo       `xml:"indexInfo"`
	Schemas   []schemaInfo    `xml:"schemaInfo>schema"`
	Defaults  []configSetting `xml:"configInfo>default"`
	Settings  []configSetting `xml:"configInfo>setting"`
	Supports  []configSetting `xml:"configInfo>supports"`
}

type serverInfo struct {
	Protocol string `xml:"protocol,attr"`
	Version  string `xml:"version,attr"`
	Host     string `xml:"host"`
	Port     string `xml:"port"`
	Database string `xml:"database"`
}

type databaseInfo struct {
	Title       string `xml:"title"`
	Description string `xml:"description,omitempty"`
}

type indexInfo struct {
	Sets    []setInfo   `xml:"set"`
	Indexes []indexItem `xml:"index"`
}

type setInfo struct {
	Name       string `xml:"name,attr"`
	Identifier string `xml:"identifier,attr"`
}

type indexItem struct {
	Title string    `xml:"title"`
	Name  indexName `xml:"map>name"`
}

type indexName struct {
	Set  string `xml:"set,attr"`
	Name string `xml:",chardata"`
}

type schemaInfo struct {
	Name       string `xml:"name,attr"`
	Identifier string `xml:"identifier,attr"`
	Title      string `xml:"title"`
}

type configSetting struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// sets are the context sets of indexes.
var sets = map[string]string{
	"cql": "info:srw/cql-context-set/1/cql-v1.1", "dc": "info:srw/cql-context-set/1/dc-v1.1",
	"dct": "http://purl.org/dc/terms/", "csw": "http://www.opengis.net/cat/csw/2.0.2", "ows": "http://www.opengis.net/ows",
}

func (h handler) explain(r *http.Request, values map[string]string) (any, error) {
	if packing := values["recordPacking"]; packing != "" && packing != "xml" {
		return nil, failure(unsupportedPacking, "recordPacking", "%.100s; the description comes as xml", packing)
	}
	base, err := url.Parse(scope.FromContext(r.Context()).Base + h.path)
	if err != nil {
		return nil, failure(unsupportedValue, "address", "the address of the service cannot be read")
	}
	port := base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[base.Scheme]
	}
	e := explain{
		Namespace: zeerex, Server: serverInfo{Protocol: "SRU", Version: version, Host: base.Hostname(), Port: port, Database: strings.TrimPrefix(base.Path, "/")},
		Database: databaseInfo{Title: h.service.Title, Description: h.service.Abstract},
		Defaults: []configSetting{{"numberOfRecords", strconv.Itoa(h.service.size())}}, Settings: []configSetting{{"maximumRecords", "1000"}},
		Supports: []configSetting{{"relation", "="}, {"relation", "exact"}, {"relation", "any"}, {"relation", "all"}, {"relation", "within"}, {"maskingCharacter", "*"}, {"maskingCharacter", "?"}},
	}
	for _, i := range h.service.Indexes {
		if !slices.ContainsFunc(e.Index.Sets, func(s setInfo) bool { return s.Name == i.Set }) {
			e.Index.Sets = append(e.Index.Sets, setInfo{Name: i.Set, Identifier: sets[i.Set]})
		}
		e.Index.Indexes = append(e.Index.Indexes, indexItem{Title: i.Title, Name: indexName{Set: i.Set, Name: i.Name}})
	}
	for _, s := range h.service.Schemas {
		e.Schemas = append(e.Schemas, schemaInfo{Name: s.Name, Identifier: s.URI, Title: s.Title})
	}
	return explainResponse{Root: root(), Version: version, Record: explainRecord{Schema: zeerex, Packing: "xml", Data: e}}, nil
}
