package function

import (
	"net/http"
	"strings"
)

// A strong entity tag stands for bytes, so that an answer has another one when it is compressed (RFC 9110, 8.8.3). Handlers
// know nothing of that: what a client says of the compressed answer reaches them as if it had been said of the plain one.
const gzipTag = "-gzip"

var plainTag = strings.NewReplacer(`-gzip"`, `"`, `-zstd"`, `"`)

// plainTags takes the marks of compression off the entity tags of conditions, and gives them back to an answer that says
// no more than that the client has it.
func plainTags(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		marked := ""
		for _, name := range []string{"If-Match", "If-None-Match"} {
			for i, line := range r.Header[name] {
				if plain := plainTag.Replace(line); plain != line {
					marked, r.Header[name][i] = line, plain
				}
			}
		}
		if marked != "" {
			w = &answered{watched{ResponseWriter: w}, marked}
		}
		next.ServeHTTP(w, r)
	})
}

// answered is an answer to a client that may have it compressed.
type answered struct {
	watched
	tags string // as the client said them
}

func (w *answered) WriteHeader(status int) {
	header := w.Header()
	if tag := header.Get("ETag"); status == http.StatusNotModified && tag != "" {
		for _, mark := range []string{gzipTag, "-zstd"} {
			if marked := strings.TrimSuffix(tag, `"`) + mark + `"`; strings.Contains(w.tags, strings.TrimPrefix(marked, "W/")) {
				header.Set("ETag", marked)
				break
			}
		}
	}
	w.watched.WriteHeader(status)
}
