// Package geoparquet holds the files of items that are written here against Arrow's reader, and reads what Arrow's writer
// makes of them in every version, encoding and codec. It is a module of its own, because Arrow brings a hundred packages
// that nothing else here needs; `make check-geoparquet` builds and runs it.
package geoparquet
