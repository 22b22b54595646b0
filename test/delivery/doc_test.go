// Package delivery holds the laptop's broker against Knative's own libraries: whatever filters, events, statuses and
// schedules come up, both must decide the same. It is a module of its own, because those libraries bring eight hundred
// packages that nothing else here needs; `make check-delivery` builds (for minutes, the first time) and runs it.
package delivery
