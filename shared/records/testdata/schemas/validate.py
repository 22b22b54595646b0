"""Reads lines of the name of a definition, a tab and a document; says what is wrong with each document."""
import json
import sys

import jsonschema

with open(sys.argv[1]) as file:
    schemas = json.load(file)
for line in sys.stdin:
    name, document = line.split("\t", 1)
    schema = {"$schema": schemas["$schema"], "$ref": "#/$defs/" + name, "$defs": schemas["$defs"]}
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for error in validator.iter_errors(json.loads(document)):
        deepest = error
        while deepest.context:
            deepest = deepest.context[0]
        print(name, "/".join(map(str, deepest.absolute_path)), deepest.message[:300], sep=": ")
