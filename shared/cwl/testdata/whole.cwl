cwlVersion: v1.2
$namespaces: {schema: "https://schema.org/"}
schema:softwareVersion: 1.4
schema:version: "2"
schema:keywords: [fire, "burned area, severity"]
schema:author:
  - class: schema:Person
    schema:name: Ada Example
    schema:email: mailto:ada@example.org
    schema:affiliation:
      schema:name: Example Institute
schema:contributor:
  schema:name: Bob
  schema:affiliation: Another Institute
schema:dateCreated: 2023-05-01
schema:releaseNotes: https://example.org/notes
schema:citation: Somebody et al. 2023
schema:codeRepository:
  schema:url: https://example.org/code
schema:license: https://example.org/licence
schema:logo: https://example.org/logo.png
$graph:
  - class: CommandLineTool
    id: tool
  - class: Workflow
    id: helper
  - class: Workflow
    id: "#main"
    label: Burned area
    doc:
      - Finds burned areas.
      - Twice.
