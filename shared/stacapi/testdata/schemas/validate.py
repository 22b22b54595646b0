"""Holds STAC documents against the schemas of STAC, of their extensions and of GeoJSON.

The first argument is a folder of schemas, by host and path. Standard input has one JSON object a line: its name, the
document that is sent and, where there is one, the document that it was made of. Faults of what is sent are printed; those
that the original has too are its author's.
"""

import json
import pathlib
import sys

import jsonschema

root = pathlib.Path(sys.argv[1])
# Copies of the schemas of STAC 1.1.0 call themselves by the beta that they were made for.
store = {"https://" + str(p.relative_to(root)): json.loads(p.read_text().replace("1.1.0-beta.1", "1.1.0")) for p in root.rglob("*.json")}
validators = {}


class Local(jsonschema.RefResolver):
    """Fetches nothing: a schema that is not in the folder accepts everything."""

    def resolve_remote(self, uri):
        return store.get(uri.rstrip("#"), {})


def validator(address):
    if address not in validators:
        schema = store[address]
        kind = jsonschema.validators.validator_for(schema, jsonschema.Draft7Validator)
        resolver = Local(address, schema, store=store)
        validators[address] = kind(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())
    return validators[address]


def schemas(doc):
    spec = {"Feature": "item", "Collection": "collection", "Catalog": "catalog"}[doc["type"]]
    version = "v1.1.0" if doc.get("stac_version", "").startswith("1.1") else "v1.0.0"
    yield f"https://schemas.stacspec.org/{version}/{spec}-spec/json-schema/{spec}.json"
    for extension in doc.get("stac_extensions") or []:
        if extension.rstrip("#") in store:
            yield extension.rstrip("#")


def faults(doc):
    if doc.get("type") == "FeatureCollection":
        return set().union(*(faults(f) for f in doc["features"]))
    lists = [doc[name] for name in ("collections", "children", "catalogs") if name in doc and "stac_version" not in doc]
    if lists:
        return set().union(*(faults(d) for d in lists[0]))
    if "type" not in doc:
        return set()
    return {f"{address}: {'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for address in schemas(doc) for e in validator(address).iter_errors(doc)}


count = faulty = 0
for line in sys.stdin:
    case = json.loads(line)
    count += 1
    own = faults(case["sent"])
    if own and case.get("original") and own <= faults(case["original"]):
        faulty += 1
        continue
    for fault in sorted(own):
        print(f"{case['name']}: {fault}")
print(count, "documents,", faulty, "with no faults but those of their authors")
