package measure

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain lets the tests start their own program as the server of Bare.
func TestMain(m *testing.M) {
	ServeBare()
	os.Exit(m.Run())
}

func TestBareAnswersSoManyBytes(t *testing.T) {
	s, err := Bare(t.Context(), 1234)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	answer, err := http.Post("http://"+s.Address+"/any?q=1", "text/plain", strings.NewReader("a question"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); len(body) != 1234 || err != nil {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	if s.Memory() <= 0 {
		t.Error("a process without memory")
	}
}

// What a process has spent is read of the system, which is asked by another way beside it.
func TestSpentIsThatOfTheProcess(t *testing.T) {
	for from := Self(); Self()-from < 10*tick; { // until there is something to tell
	}
	spent, parent := statOf(strconv.Itoa(os.Getpid()))
	if parent != strconv.Itoa(os.Getppid()) {
		t.Errorf("the parent is %s, not %d", parent, os.Getppid())
	}
	if spent <= 0 || spent > Self()+2*tick {
		t.Errorf("%v by the one way, %v by the other", spent, Self())
	}
	if spent, parent := statOf("none"); spent != 0 || parent != "" {
		t.Error("a process that is none has spent something")
	}
}

// The processes of a database are those that its first one started.
func TestDatabaseCountsTheFirstProcessChildren(t *testing.T) {
	folder := t.TempDir()
	lock := strconv.Itoa(os.Getppid()) + "\n/data\n"
	if err := os.WriteFile(filepath.Join(folder, "postmaster.pid"), []byte(lock), 0o600); err != nil {
		t.Fatal(err)
	}
	for from := Self(); Self()-from < 2*tick; {
	}
	if own, _ := statOf(strconv.Itoa(os.Getpid())); Database(folder) < min(own, time.Hour) {
		t.Errorf("%v, less than the %v of one of them", Database(folder), own)
	}
	if Database(t.TempDir()) != 0 {
		t.Error("a database that is not there has spent something")
	}
}

func TestProgramThatDoesNotStart(t *testing.T) {
	if _, err := Start(t.Context(), Program{Path: filepath.Join(t.TempDir(), "none"), Ready: Answering("/")}); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("%v", err)
	}
}

// Each line of a table is there as soon as it is known, below its heads.
func TestTableTellsEachLineAtOnce(t *testing.T) {
	var said strings.Builder
	table := NewTable(&said, []string{"a", "the longest name"}, "kind", "per s", "a long head of one")
	head := "            kind     per s  a long head of one\n"
	if said.String() != head {
		t.Errorf("%q", said.String())
	}
	table.Row("a", "1", "2 µs")
	if want := head + "               a         1                2 µs\n"; said.String() != want {
		t.Errorf("%q", said.String())
	}
	table.Row("the longest name", "-")
	if !strings.HasSuffix(said.String(), "\nthe longest name         -\n") {
		t.Errorf("%q", said.String())
	}
}

func TestCollectedIsOfTheManifest(t *testing.T) {
	t.Chdir("../..")
	if env, err := Collected("register"); err != nil || len(env) != 2 || !strings.HasPrefix(env[0], "GOGC=") || !strings.HasPrefix(env[1], "GOMEMLIMIT=") {
		t.Errorf("%q, %v", env, err)
	}
	if _, err := Collected("nothing"); err == nil {
		t.Error("a function without a manifest")
	}
}
