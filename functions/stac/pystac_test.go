//go:build pystac

package main

import (
	"os/exec"
	"strings"
	"testing"
)

// pystacScript writes a collection of 1 200 items through the session of a pystac-client, searches it in every way that the client
// has, pages through all of it, and takes what it wrote away. It tells what it did, line by line.
const pystacScript = `
import sys
import pystac, pystac_client
client = pystac_client.Client.open(sys.argv[1])
session, here, total = client._stac_io.session, sys.argv[1] + "/collections", 1200

def asked(method, path, status, **more):
    answer = session.request(method, here + path, timeout=120, **more)
    assert answer.status_code in status, (method, path, answer.status_code, answer.text[:500])
    return answer

def item(n, **more):
    x, y = n % 40, n // 40
    return {"type": "Feature", "stac_version": "1.0.0", "id": "p%04d" % n, "collection": "pystac", "bbox": [x, y, x + 0.5, y + 0.5],
        "geometry": {"type": "Polygon", "coordinates": [[[x, y], [x + 0.5, y], [x + 0.5, y + 0.5], [x, y + 0.5], [x, y]]]},
        "properties": {"datetime": "2026-01-%02dT%02d:00:00Z" % (n % 30 + 1, n // 30 % 24), "eo:cloud_cover": n % 100, "platform": "p%d" % (n % 2), **more},
        "links": [], "assets": {"data": {"href": "https://files.example/%d.tif" % n}}}

# Transactions.
asked("POST", "", [201], json={"type": "Collection", "stac_version": "1.0.0", "id": "pystac", "description": "d", "license": "other", "links": [],
    "extent": {"spatial": {"bbox": [[0, 0, 40, 30]]}, "temporal": {"interval": [["2026-01-01T00:00:00Z", None]]}}})
for at in range(0, total, 200):
    asked("POST", "/pystac/items", [200, 201], json={"type": "FeatureCollection", "features": [item(n) for n in range(at, at + 200)]})
asked("POST", "/pystac/items", [201], json=item(total))
asked("POST", "/pystac/items", [409], json=item(total))
asked("PUT", "/pystac/items/p%04d" % total, [200, 204], json=item(total, gsd=7))
assert client.get_collection("pystac").get_item("p%04d" % total).properties["gsd"] == 7
asked("DELETE", "/pystac/items/p%04d" % total, [200, 204])
asked("GET", "/pystac/items/p%04d" % total, [404])
print("transacted", total, "items")

# From the root over children to items, with links that lead back. A client holds the links of the root that it opened.
client = pystac_client.Client.open(sys.argv[1])
assert "pystac" in [c.id for c in client.get_children()] and "pystac" in [c.id for c in client.get_collections()]
collection = client.get_child("pystac")
first = next(collection.get_items())
assert first.get_collection().id == "pystac" and first.get_root().id == client.id and first.get_self_href().endswith("/items/" + first.id)
assert "eo:cloud_cover" in collection.get_queryables()["properties"]
print("walked from", client.id, "to", first.id)

# Searches: each is answered alike by GET and by POST, and as the same question asked of the written items.
everything = [item(n) for n in range(total)]
square = {"type": "Polygon", "coordinates": [[[2.6, 2.6], [5.2, 2.6], [5.2, 4.2], [2.6, 4.2], [2.6, 2.6]]]}
def clouds(test): return lambda i: test(i["properties"]["eo:cloud_cover"])
def near(w, s, e, n): return lambda i: i["bbox"][0] <= e and i["bbox"][2] >= w and i["bbox"][1] <= n and i["bbox"][3] >= s
clear = {"op": "<", "args": [{"property": "eo:cloud_cover"}, 10]}
for name, question, right in [
    ("bbox", {"bbox": [2.6, 2.6, 5.2, 4.2]}, near(2.6, 2.6, 5.2, 4.2)),
    ("datetime", {"datetime": "2026-01-03/2026-01-05"}, lambda i: "2026-01-03" <= i["properties"]["datetime"] < "2026-01-06"),
    ("intersects", {"intersects": square}, near(2.6, 2.6, 5.2, 4.2)),
    ("ids", {"ids": ["p0003", "p0007"]}, lambda i: i["id"] in ["p0003", "p0007"]),
    ("query", {"query": {"eo:cloud_cover": {"gte": 95}, "platform": {"eq": "p1"}}}, lambda i: i["properties"]["eo:cloud_cover"] >= 95 and i["properties"]["platform"] == "p1"),
    ("query as text", {"query": ["eo:cloud_cover<5"]}, clouds(lambda c: c < 5)),
    ("filter as JSON", {"filter": clear, "filter_lang": "cql2-json"}, clouds(lambda c: c < 10)),
    ("filter as text", {"filter": "\"eo:cloud_cover\" < 10", "filter_lang": "cql2-text"}, clouds(lambda c: c < 10)),
]:
    for method in ["GET", "POST"]:
        if method + name in ["GETfilter as JSON", "POSTfilter as text"]:
            continue  # the client itself knows the one language for each
        search = client.search(method=method, collections=["pystac"], limit=50, **question)
        found, want = sorted(i.id for i in search.items()), sorted(i["id"] for i in everything if right(i))
        assert found == want and found, (name, method, len(found), len(want))
        assert search.matched() in [None, len(want)], (name, search.matched())
        print("searched by", name, method, len(found))
for method in ["GET", "POST"]:
    found = [i.properties["eo:cloud_cover"] for i in client.search(method=method, collections=["pystac"], sortby="-properties.eo:cloud_cover", limit=100, max_items=350).items()]
    assert found == sorted(found, reverse=True) and len(found) == 350 and found[0] == 99, found[:20]
    told = next(client.search(method=method, collections=["pystac"], fields=["id", "properties.platform"], max_items=1).items_as_dicts())
    assert told["properties"] == {"platform": told["properties"]["platform"]} and "assets" not in told, told
    pages = [[i.id for i in page.items] for page in client.search(method=method, collections=["pystac"], limit=97).pages()]
    met = [i for page in pages for i in page]
    assert len(met) == len(set(met)) == total, (method, len(met), len(set(met)))
    print("sorted, chose fields, paged by", method, len(met), "items in", len(pages), "pages")
by_links = [i.id for i in collection.get_items()]
assert len(by_links) == len(set(by_links)) == total, len(by_links)
print("paged by links", len(by_links))

# What was written goes again.
for i in by_links:
    asked("DELETE", "/pystac/items/" + i, [200, 204])
asked("DELETE", "/pystac", [200, 204])
assert not list(client.search(collections=["pystac"]).items())
print("read with pystac-client", pystac_client.__version__, "and pystac", pystac.__version__)
`

// RC-07: pystac-client walks, searches, pages, sorts and transacts.
func TestPystacClient(t *testing.T) {
	if said, err := exec.Command("/usr/bin/python3", "-c", "import pystac_client").CombinedOutput(); err != nil {
		t.Skipf("python3-pystac-client is not installed (Debian has it since 13):\n%s", said)
	}
	s := filled(t)
	said, err := exec.Command("/usr/bin/python3", "-c", pystacScript, s.URL+"/stac").CombinedOutput()
	t.Logf("%s", said)
	if err != nil || !strings.Contains(string(said), "read with pystac-client") {
		t.Error(err)
	}
}
