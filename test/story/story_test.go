// Package story tells the story of the house as a script that runs: the real binaries, a real database, a real object
// store, a real broker, driven from outside over HTTP and S3. Each file in testdata is one story in the format of
// testscript (txtar), written to be read.
package story

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/rogpeppe/go-internal/testscript"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/grid"
)

// patience bounds every wait for something that is on its way: whole chains of functions start from nothing, on machines that
// have other things to do.
const patience = 2 * time.Minute

func TestStories(t *testing.T) { tell(t, "testdata") }

// tell runs the stories of a folder.
func tell(t *testing.T, folder string) {
	bin, err := filepath.Abs("../../bin")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"local-runner", "register", "render", "scenes"} {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			t.Fatalf("%v: run `make build` first, or `make test`", err)
		}
	}
	params := testscript.Params{
		Dir:   folder,
		Setup: func(env *testscript.Env) error { return setUp(env, bin) },
		Condition: func(name string) (bool, error) {
			switch name {
			case "cluster":
				return onCluster(), nil
			case "documents":
				_, found := documents()
				return found, nil
			}
			return false, fmt.Errorf("the condition %q is not known", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"up": up, "down": down, "get": get, "post": post, "until": until, "put": put, "remove": remove, "scene": sceneName, "truncate": truncate, "place": place, "same": same, "changed": changed, "empty": empty, "shown": shown, "putzeros": putZeros, "bucket": makeBucket, "as": actAs,
			"upstream": upstream, "fill": fill, "objects": addObjects, "subscriber": subscriber, "asked": asked, "send": send, "everywhere": everywhere, "described": described, "etag": etag, "returns": returns,
		},
	}
	if onCluster() {
		testscript.RunT(oneByOne{t}, params)
		return
	}
	testscript.Run(t, params)
}

// setUp gives a story its folder of state and the programs.
func setUp(env *testscript.Env, bin string) error {
	env.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	env.Setenv("HOME", os.Getenv("HOME"))
	data, _ := documents()
	env.Setenv("DOCUMENTS", data)
	env.Setenv("SHARED", filepath.Dir(data))
	// The state lies on a short path: the socket of the database has to fit into 107 bytes.
	state, err := os.MkdirTemp("", "perigee-story-")
	if err != nil {
		return err
	}
	env.Defer(func() { os.RemoveAll(state) })
	env.Setenv("STATE", state)
	env.Values[stopKey{}], env.Values[ownKey{}] = new(func()), &own{}
	return os.Chmod(state, 0o755)
}

// up starts the house and waits until it is ready; URL names it. Further arguments are handed on to a runner of this machine.
func up(ts *testscript.TestScript, neg bool, args []string) {
	if onCluster() {
		upOnCluster(ts)
		return
	}
	if o := ownOf(ts); len(o.texts) > 0 {
		ts.Check(o.onLaptop(ts.MkAbs("manifests")))
		args = append(args, "--manifests", ts.MkAbs("manifests"))
	}
	startRunner(ts, append([]string{"up", "--listen", "127.0.0.1:0", "--state", ts.Getenv("STATE"), "--sample", "0"}, args...)...)
}

// startRunner starts a command of local-runner that stays, and waits until it is ready.
func startRunner(ts *testscript.TestScript, args ...string) {
	cmd := exec.Command(find(ts, "local-runner"), args...)
	cmd.Dir = ts.MkAbs(".")
	log := &lockedBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	ts.Check(cmd.Start())
	done := make(chan struct{})
	go func() { cmd.Wait(); close(done) }()
	stop := func() {
		cmd.Process.Signal(syscall.SIGINT)
		select {
		case <-done:
		case <-time.After(patience):
			cmd.Process.Kill()
			ts.Logf("the runner did not stop in time")
		}
	}
	*ts.Value(stopKey{}).(*func()) = stop
	ts.Defer(func() {
		down(ts, false, nil)
		ts.Logf("the runner said:\n%s", log.String())
	})
	ready := regexp.MustCompile(`ready (http://\S+?)/? `)
	for end := time.Now().Add(2 * patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if m := ready.FindStringSubmatch(log.String() + " "); m != nil {
			ts.Setenv("URL", m[1])
			setRunnerEnv(ts)
			return
		}
		select {
		case <-done:
			ts.Fatalf("the runner ended:\n%s", log.String())
		default:
		}
	}
	ts.Fatalf("the runner is not ready:\n%s", log.String())
}

// stopKey finds how to stop the runner of a story.
type stopKey struct{}

// down stops the runner and waits for its end.
func down(ts *testscript.TestScript, neg bool, args []string) {
	stop := ts.Value(stopKey{}).(*func())
	if *stop != nil {
		if onCluster() {
			if o := ownOf(ts); o.remove != nil {
				defer func(err error) { ts.Check(err) }(o.remove())
			}
			if err := zeroPods(ts.Logf); err != nil {
				defer ts.Check(err) // the stores stop all the same
			}
		}
		(*stop)()
		*stop = nil
	}
}

// setRunnerEnv takes over what `local-runner env` exports.
func setRunnerEnv(ts *testscript.TestScript) {
	cmd := exec.Command(find(ts, "local-runner"), "env", "--state", ts.Getenv("STATE"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		ts.Fatalf("local-runner env: %v\n%s", err, out)
	}
	export := regexp.MustCompile(`(?m)^export (\w+)='?([^'\n]*)'?$`)
	for _, m := range export.FindAllStringSubmatch(string(out), -1) {
		ts.Setenv(m[1], m[2])
	}
}

func find(ts *testscript.TestScript, name string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if file := filepath.Join(dir, name); executable(file) {
			return file
		}
	}
	ts.Fatalf("%s is not in PATH", name)
	return ""
}

func executable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode()&0o111 != 0
}

// get URL FILE fetches a URL into a file; `! get` expects an answer other than 200. -header 'K: V' adds a header.
func get(ts *testscript.TestScript, neg bool, args []string) {
	header := http.Header{}
	for len(args) > 2 && args[0] == "-header" {
		k, v, _ := strings.Cut(args[1], ":")
		header.Add(k, strings.TrimSpace(v))
		args = args[2:]
	}
	if len(args) != 2 {
		ts.Fatalf("usage: get [-header 'K: V'] URL FILE")
	}
	status, body, answer := fetch(ts, http.MethodGet, args[0], header, nil)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), body, 0o644))
	var head bytes.Buffer
	answer.Write(&head)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]+".header"), append([]byte("Status: "+strconv.Itoa(status)+"\r\n"), head.Bytes()...), 0o644))
	if (status == http.StatusOK) == neg {
		ts.Fatalf("%s was answered %d: %.2000s", args[0], status, body)
	}
}

// post URL BODY TYPE FILE sends a file and keeps the answer; `! post` expects a refusal.
func post(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("usage: post URL BODY TYPE FILE")
	}
	status, body, _ := fetch(ts, http.MethodPost, args[0], http.Header{"Content-Type": {args[2]}}, strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), body, 0o644))
	if (status/100 == 2) == neg {
		ts.Fatalf("%s was answered %d: %.2000s", args[0], status, body)
	}
}

// until REGEXP URL waits until the answer matches, `! until` until it does not; an answer that fails does not match, and so
// `! until .` waits until nothing is there. What is read next is either what was waited for, or was there before it: the house
// goes on meanwhile.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: until REGEXP URL")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	var last []byte
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var status int
		status, last, _ = fetch(ts, http.MethodGet, args[1], nil, nil)
		if found := pattern.Match(last) && status == http.StatusOK; found != neg && (status == http.StatusOK || status == http.StatusNotFound) {
			return
		}
	}
	ts.Fatalf("%s did not become what was waited for; it says: %.2000s", args[1], last)
}

func fetch(ts *testscript.TestScript, method, address string, header http.Header, body io.Reader) (int, []byte, http.Header) {
	request, err := http.NewRequest(method, address, body)
	ts.Check(err)
	for k, v := range header {
		request.Header[k] = v
	}
	if token := ts.Getenv("PERIGEE_TOKEN"); token != "" && strings.HasPrefix(address, ts.Getenv("URL")+"/") {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Timeout: patience}
	response, err := client.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	ts.Check(err)
	return response.StatusCode, content, response.Header
}

func objects(ts *testscript.TestScript) *bucket.Client {
	return bucket.Open(bucket.Config{Endpoint: ts.Getenv("AWS_ENDPOINT_URL"), Region: ts.Getenv("AWS_REGION"), AccessKey: ts.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: ts.Getenv("AWS_SECRET_ACCESS_KEY")})
}

// put FILE KEY stores a file in the ingest bucket; KEY may be s3://bucket/key. `! put` expects that it is refused.
func put(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: put FILE KEY")
	}
	name, key, elsewhere := bucket.ParseHref(args[1])
	if !elsewhere {
		name, key = "ingest", args[1]
	}
	_, err := objects(ts).Put(context.Background(), name, key, []byte(ts.ReadFile(args[0])), bucket.PutOptions{})
	if neg && fault.KindOf(err) != fault.Forbidden {
		ts.Fatalf("s3://%s/%s was not refused: %v", name, key, err)
	}
	if !neg {
		ts.Check(err)
	}
}

// as WORKSPACE takes the credentials of a workspace for the object store, as alone those of the runner.
func actAs(ts *testscript.TestScript, neg bool, args []string) {
	setRunnerEnv(ts)
	if len(args) == 0 {
		return
	}
	var d struct {
		Storage struct {
			Credentials struct{ Access, Secret string }
		}
	}
	_, body, _ := fetch(ts, http.MethodGet, ts.Getenv("URL")+"/workspaces/"+args[0], nil, nil)
	ts.Check(json.Unmarshal(body, &d))
	ts.Setenv("AWS_ACCESS_KEY_ID", d.Storage.Credentials.Access)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", d.Storage.Credentials.Secret)
}

// remove KEY... deletes objects of the ingest bucket.
func remove(ts *testscript.TestScript, neg bool, args []string) {
	for _, key := range args {
		ts.Check(objects(ts).Delete(context.Background(), "ingest", key))
	}
}

// sceneName DIR sets ID to the name of the only product below a folder of scenes.
func sceneName(ts *testscript.TestScript, neg bool, args []string) {
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*", "*.json"))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%s holds %d products", args[0], len(found))
	}
	ts.Setenv("ID", strings.TrimSuffix(filepath.Base(found[0]), ".json"))
	ts.Setenv("KEY", filepath.Base(filepath.Dir(found[0])))
}

// truncate FILE halves a file.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()/2))
}

// place FILE takes the bounding box of a STAC item as BBOX and BBOX_LATLON, and as TILE the path of a tile of the set
// WGS84 within it, level/row/column.
func place(ts *testscript.TestScript, neg bool, args []string) {
	var item struct {
		BBox [4]float64 `json:"bbox"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &item))
	b := item.BBox
	ts.Setenv("BBOX", fmt.Sprintf("%v,%v,%v,%v", b[0], b[1], b[2], b[3]))
	ts.Setenv("BBOX_LATLON", fmt.Sprintf("%v,%v,%v,%v", b[1], b[0], b[3], b[2]))
	middle := orb.Point{(b[0] + b[2]) / 2, (b[1] + b[3]) / 2}
	tile, _, _ := grid.WGS84.Covering(orb.Bound{Min: middle, Max: middle}, 12)
	ts.Setenv("TILE", fmt.Sprintf("%d/%d/%d", tile.Z, tile.Row, tile.Col))
}

// same URL URL waits until a picture is not of one colour, and wants another to be the same pixel by pixel.
func same(ts *testscript.TestScript, neg bool, args []string) {
	differ, plain := 0, true
	for end := time.Now().Add(patience); plain && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		a, b := picture(ts, args[0]), picture(ts, args[1])
		differ, plain = differing(a, b), ofOneColour(a) || ofOneColour(b)
	}
	if differ > 0 || plain {
		ts.Fatalf("%d pixels differ; of one colour: %v", differ, plain)
	}
}

// differing is how many pixels of two pictures are not the same.
func differing(a, b image.Image) int {
	n := 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
}

func ofOneColour(p image.Image) bool {
	first := p.At(p.Bounds().Min.X, p.Bounds().Min.Y)
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y++ {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x++ {
			if p.At(x, y) != first {
				return false
			}
		}
	}
	return true
}

// changed FILE URL waits until a picture differs from the one in the file.
func changed(ts *testscript.TestScript, neg bool, args []string) {
	before := ts.ReadFile(args[0])
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if status, body, _ := fetch(ts, http.MethodGet, args[1], nil, nil); status == http.StatusOK && string(body) != before {
			return
		}
	}
	ts.Fatalf("%s did not change", args[1])
}

// empty URL waits until a picture is transparent all over.
func empty(ts *testscript.TestScript, neg bool, args []string) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if opaque(picture(ts, args[0])) == 0 {
			return
		}
	}
	ts.Fatalf("%s still shows something", args[0])
}

// shown URL waits until a picture is not transparent all over.
func shown(ts *testscript.TestScript, neg bool, args []string) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if opaque(picture(ts, args[0])) > 0 {
			return
		}
	}
	ts.Fatalf("%s shows nothing", args[0])
}

func opaque(p image.Image) int {
	n := 0
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y++ {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x++ {
			if _, _, _, alpha := p.At(x, y).RGBA(); alpha > 0 {
				n++
			}
		}
	}
	return n
}

func picture(ts *testscript.TestScript, address string) image.Image {
	status, body, _ := fetch(ts, http.MethodGet, address, nil, nil)
	p, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		ts.Fatalf("%s was answered %d and is not a picture: %v: %.1000s", address, status, err, body)
	}
	return p
}

// putzeros MEGABYTES KEY stores an object of zeros in the ingest bucket.
func putZeros(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	_, err = objects(ts).Upload(context.Background(), "ingest", args[1], io.LimitReader(zeros{}, int64(n)<<20), int64(n)<<20, bucket.PutOptions{}, nil)
	ts.Check(err)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// bucket NAME makes a bucket.
func makeBucket(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(objects(ts).CreateBucket(context.Background(), args[0]))
}
