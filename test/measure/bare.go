package measure

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"strconv"
)

// bareVariable has this program serve answers of so many bytes, and nothing else.
const bareVariable = "MEASURE_BARE"

// Bare starts this program anew as a server that answers each request, whose body it reads, with so many bytes: what HTTP costs
// alone. Its main begins with ServeBare.
func Bare(ctx context.Context, size int) (*Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return Start(ctx, Program{Path: self, Env: []string{bareVariable + "=" + strconv.Itoa(size)}, Ready: Answering("/")})
}

// ServeBare is all that this program does where Bare started it; otherwise it does nothing.
func ServeBare() {
	size, asked := os.LookupEnv(bareVariable)
	if !asked {
		return
	}
	n, _ := strconv.Atoi(size)
	err := http.ListenAndServe(net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")), bareHandler(n)) //nolint:gosec // on this machine only
	os.Stderr.WriteString(err.Error() + "\n")
	os.Exit(1)
}

// bareHandler answers with so many bytes.
func bareHandler(n int) http.Handler {
	body := bytes.Repeat([]byte("x"), n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = new(bytes.Buffer).ReadFrom(r.Body)
		w.Header().Set("Content-Length", strconv.Itoa(n))
		_, _ = w.Write(body) // the client may be gone
	})
}
