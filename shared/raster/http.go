package raster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"perigee/shared/fault"
)

// HTTPObjects reads files by HTTP, a range at a time. Without a client it uses one that connects to public addresses
// only, whatever a name resolves to and wherever a redirection leads.
func HTTPObjects(client *http.Client) Objects {
	if client == nil {
		client = publicClient()
	}
	return web{client}
}

type web struct{ client *http.Client }

const maxRedirects = 3

// publicClient is a client that cannot reach what lies inside.
func publicClient() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		if !public(address) {
			return fault.At(fault.Forbidden, "href", "%s is not an address that files are read from", address)
		}
		return nil
	}}
	return &http.Client{
		Transport: &http.Transport{DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 30 * time.Second},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("too many redirections")
			}
			return nil
		},
	}
}

// inside are address blocks of which package netip does not know that they are not public: shared (RFC 6598), protocol
// assignments (RFC 6890), benchmarks (RFC 2544), translation to IPv4 (RFC 6052, RFC 8215) or compatible with it (RFC 4291), Teredo and
// 6to4, site-local, reserved.
var inside = func() []netip.Prefix {
	var all []netip.Prefix
	for _, s := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "100::/64", "fec0::/10", "::/96"} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}()

// public tells whether an address and port lie outside.
func public(address string) bool {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return false
	}
	ip := at.Addr().Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range inside {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// Size asks for one byte, since that also tells whether ranges are answered.
func (w web) Size(ctx context.Context, href string) (int64, string, error) {
	res, err := w.get(ctx, href, "", 0, 1)
	if err != nil {
		return 0, "", err
	}
	defer drop(res)
	_, total, ok := strings.Cut(res.Header.Get("Content-Range"), "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if !ok || err != nil || size < 1 {
		return 0, "", fault.At(fault.Unsupported, "href", "%s answers ranges without the size of the whole", href)
	}
	return size, etagOf(res), nil
}

// ReadRange reads a part of the version.
func (w web) ReadRange(ctx context.Context, href, etag string, offset, n int64) ([]byte, error) {
	res, err := w.get(ctx, href, etag, offset, n)
	if err != nil {
		return nil, err
	}
	defer drop(res)
	if now := etagOf(res); now != etag {
		return nil, fault.New(fault.Conflict, "%s is version %q now, not %q", href, now, etag)
	}
	if want := fmt.Sprintf("bytes %d-%d/", offset, offset+n-1); !strings.HasPrefix(res.Header.Get("Content-Range"), want) {
		return nil, fault.New(fault.Unavailable, "%s answers %q for %s", href, res.Header.Get("Content-Range"), want)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(res.Body, data); err != nil {
		return nil, fault.Classify(fault.Unavailable, err, "reading %s", href)
	}
	return data, nil
}

func (w web) get(ctx context.Context, href, etag string, offset, n int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, href, nil)
	if err != nil {
		return nil, fault.At(fault.Invalid, "href", "%q is not an address", href)
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+n-1))
	req.Header.Set("Accept-Encoding", "identity")
	res, err := w.client.Do(req)
	if err != nil {
		if fault.KindOf(err) == fault.Forbidden {
			return nil, err
		}
		return nil, fault.Classify(fault.Unavailable, err, "reading %s", href)
	}
	if res.StatusCode == http.StatusPartialContent {
		return res, nil
	}
	drop(res)
	switch {
	case res.StatusCode == http.StatusOK:
		return nil, fault.At(fault.Unsupported, "href", "%s does not answer ranges", href)
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone || res.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return nil, fault.New(fault.NotFound, "there is no %s: %s", href, res.Status)
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return nil, fault.New(fault.Forbidden, "%s may not be read: %s", href, res.Status)
	}
	return nil, fault.New(fault.Unavailable, "%s answers %s", href, res.Status)
}

// etagOf tells the version of an answer: its entity tag, else when it was changed and how large the whole is.
func etagOf(res *http.Response) string {
	if tag := strings.Trim(strings.TrimPrefix(res.Header.Get("ETag"), "W/"), `"`); tag != "" {
		return tag
	}
	_, total, _ := strings.Cut(res.Header.Get("Content-Range"), "/")
	return res.Header.Get("Last-Modified") + " " + total
}

// drop ends an answer; a short rest is read so that the connection is used again.
func drop(res *http.Response) {
	_, _ = io.CopyN(io.Discard, res.Body, 4096)
	res.Body.Close()
}
