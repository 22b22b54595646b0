package wms_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/ows/owstest"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

// Each folder of testdata/exceptions holds a request (the query, comments behind #) and the answer to it. They are the
// checks of the ETS that end in exceptions, and the defects 1.9/7, 1.9/8, 1.9/12, 1.9/13 and 1.9/14
// of EOxServer.
func TestExceptions(t *testing.T) {
	folders, err := filepath.Glob("testdata/exceptions/*/request")
	if err != nil || len(folders) < 20 {
		t.Fatalf("only %d cases (%v)", len(folders), err)
	}
	for _, request := range folders {
		name := filepath.Base(filepath.Dir(request))
		t.Run(name, func(t *testing.T) {
			w := ask(t, newAtlas(), http.MethodGet, readQuery(t, request))
			answer := fmt.Sprintf("%d %s\n\n%s", w.Code, w.Header().Get("Content-Type"), w.Body)
			owstest.Golden(t, filepath.Join("exceptions", name, "answer"), []byte(answer))
			t.Run("schema", func(t *testing.T) {
				if strings.Contains(answer, "<!DOCTYPE") {
					owstest.ValidateDTD(t, "wms/1.1.1/exception_1_1_1.dtd", w.Body.Bytes())
					return
				}
				owstest.Validate(t, "wms/1.3.0/exceptions_1_3_0.xsd", w.Body.Bytes())
			})
		})
	}
}

func readQuery(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var query []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			query = append(query, line)
		}
	}
	return strings.Join(query, "&")
}

const wrong = "version=1.3.0&request=GetMap&layers=nowhere&styles=&crs=CRS:84&bbox=14,47,16,49&width=200&height=100&format="

// EXCEPTIONS=BLANK and INIMAGE answer with a picture of the format that was asked for (ETS exceptions-blank-*,
// exceptions-inimage-mime, interactive exceptions-inimage).
func TestExceptionsAsPictures(t *testing.T) {
	blank := picture(t, newAtlas(), wrong+"image/png&exceptions=BLANK&bgcolor=0xFF0000&transparent=FALSE")
	wantPixel(t, blank, 0, 0, red)
	wantPixel(t, blank, 199, 99, red)
	if _, _, _, alpha := picture(t, newAtlas(), wrong+"image/png&exceptions=BLANK&transparent=TRUE").At(7, 7).RGBA(); alpha != 0 {
		t.Error("a transparent blank is opaque")
	}
	for _, format := range []string{"image/png", "image/jpeg"} {
		for _, form := range []string{"INIMAGE", "application/vnd.ogc.se_inimage", "BLANK", "application/vnd.ogc.se_blank"} {
			w := ask(t, newAtlas(), http.MethodGet, wrong+format+"&exceptions="+form)
			if w.Code != 200 || w.Header().Get("Content-Type") != format {
				t.Errorf("%s as %s: %d %s", form, format, w.Code, w.Header().Get("Content-Type"))
			}
		}
	}
	if ink := count(picture(t, newAtlas(), wrong+"image/png&exceptions=INIMAGE")); ink < 200 || ink > 3000 {
		t.Errorf("%d pixels are written", ink)
	}
	w := ask(t, newAtlas(), http.MethodGet, strings.Replace(wrong, "width=200", "width=no", 1)+"image/png&exceptions=INIMAGE")
	if w.Header().Get("Content-Type") != "text/xml" {
		t.Error("a picture without a size")
	}
}

// A picture of failures is as large as the map would be, and costs a byte for each of its pixels, not four: anybody can
// ask for one, and no turn is waited for.
func TestPicturesOfFailuresAreSmallInMemory(t *testing.T) {
	query := strings.Replace(strings.Replace(wrong, "width=200", "width=1024", 1), "height=100", "height=800", 1)
	for _, format := range []string{"image/png", "image/jpeg"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w := ask(t, failing{newAtlas(), fault.New(fault.NotFound, "nothing is there")}, http.MethodGet, query+format+"&exceptions=INIMAGE")
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; w.Code != 200 || took > 3*1024*800 {
			t.Errorf("%s: %d, %d bytes", format, w.Code, took)
		}
	}
}

// count counts the pixels that are not white.
func count(img image.Image) (n int) {
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				n++
			}
		}
	}
	return n
}

// failing has no layers to tell of.
type failing struct {
	*atlas
	err error
}

func (f failing) Layers(context.Context, scope.Scope, string) (wms.Tree, error) {
	return wms.Tree{}, f.err
}

func (f failing) Layer(context.Context, scope.Scope, string) (wms.Node, error) {
	return wms.Node{}, f.err
}

// What fails here is not told to strangers, and what may pass says so.
func TestFailuresOfOurs(t *testing.T) {
	secret := errors.New("password=secret")
	for status, err := range map[int]error{500: secret, 503: fault.Classify(fault.Unavailable, secret, "the catalogue does not answer")} {
		for _, query := range []string{"request=GetCapabilities", base130 + "&crs=CRS:84&bbox=14,47,16,49"} {
			w := ask(t, failing{newAtlas(), err}, http.MethodGet, query)
			if w.Code != status || strings.Contains(w.Body.String(), "secret") || w.Header().Get("Content-Type") != "text/xml" {
				t.Errorf("%v: %d %s", err, w.Code, w.Body)
			}
			if status == 503 && w.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
}
