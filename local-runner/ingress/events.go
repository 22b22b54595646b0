package ingress

import (
	"encoding/json"
	"net/http"
	"strconv"

	"perigee/local-runner/broker"
)

// most is how many events one answer holds.
const most = 1000

// way is what the page of a subject shows.
type way struct {
	Subject string
	Events  []Event
}

// events shows how a subject, or everything, went through the house: as a page, as JSON, or with follow as a stream of
// JSON lines that ends with the request.
func events(h *House, w http.ResponseWriter, r *http.Request) {
	q := broker.Query{Subject: r.FormValue("subject"), ID: r.FormValue("id"), Type: r.FormValue("type")}
	if text := r.FormValue("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 || limit > most {
			refuse(w, http.StatusBadRequest, "limit must be a number from 1 to "+strconv.Itoa(most))
			return
		}
		q.Limit = limit
	}
	switch {
	case r.FormValue("follow") != "":
		follow(h, w, r, q)
	case wantsJSON(r):
		writeJSON(w, oldestFirst(eventsOf(h.Broker.Events(q))))
	default:
		show(w, "way.html", way{q.Subject, oldestFirst(eventsOf(h.Broker.Events(q)))})
	}
}

// follow writes one line for each event that arrives, without attempts, and for each attempt, with that attempt alone.
func follow(h *House, w http.ResponseWriter, r *http.Request, q broker.Query) {
	flush := http.NewResponseController(w)
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := json.NewEncoder(w)
	watched := h.Broker.Watch(r.Context())
	if flush.Flush() != nil {
		return
	}
	for news := range watched {
		if !selected(h, q, news.Event) {
			continue
		}
		line := eventOf(news.Event)
		if news.Attempt != nil {
			line.Attempts = []Attempt{attemptOf(*news.Attempt)}
		}
		if out.Encode(line) != nil || flush.Flush() != nil {
			return // the asker is gone
		}
	}
}

// selected asks the history whether an event is among those asked for: it knows which belong to one trace.
func selected(h *House, q broker.Query, e broker.Event) bool {
	if q.Subject == "" && q.ID == "" && q.Type == "" {
		return true
	}
	for _, found := range h.Broker.Events(q) {
		if found.Sequence == e.Sequence {
			return true
		}
	}
	return false
}
