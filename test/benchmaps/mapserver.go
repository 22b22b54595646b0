package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/paulmach/orb"
)

// mapserver is MapServer as FastCGI processes, one for each client, since a process draws one map at a time; tuned as its
// operators do: bilinear, PNG at level 1, files kept open.
type mapserver struct {
	processes []*exec.Cmd
	dir       string
	socket    string
}

const mapfile = `MAP
 NAME "peer" SIZE 256 256 EXTENT -20037508 -20037508 20037508 20037508 UNITS METERS MAXSIZE 4096
 CONFIG "GDAL_CACHEMAX" "256"
 CONFIG "GDAL_DISABLE_READDIR_ON_OPEN" "EMPTY_DIR"
 PROJECTION "init=epsg:3857" END
 OUTPUTFORMAT NAME "png1" DRIVER AGG/PNG MIMETYPE "image/png" IMAGEMODE RGBA EXTENSION "png" TRANSPARENT ON FORMATOPTION "COMPRESSION=1" END
 WEB METADATA "ows_title" "peer" "ows_enable_request" "*" "ows_srs" "EPSG:3857 EPSG:4326" "ows_onlineresource" "http://127.0.0.1/" END END
 LAYER NAME "scene" TYPE RASTER STATUS ON DATA "%[1]s/scene4.tif" OFFSITE 0 0 0 PROJECTION AUTO END
  PROCESSING "BANDS=3,2,1" PROCESSING "SCALE=0,4000" PROCESSING "RESAMPLE=BILINEAR" PROCESSING "CLOSE_CONNECTION=DEFER" END
%[2]s
END
`

const mosaicLayer = ` LAYER NAME "mosaic%d" GROUP "mosaic" TYPE RASTER STATUS ON DATA "%s" OFFSITE 0 0 0 PROJECTION AUTO END
  PROCESSING "BANDS=3,2,1" PROCESSING "SCALE=0,4000" PROCESSING "RESAMPLE=BILINEAR" PROCESSING "CLOSE_CONNECTION=DEFER" END
`

// startPeer starts MapServer, if it is installed.
func startPeer(scenes string) (*mapserver, error) {
	program, err := exec.LookPath("mapserv")
	if err != nil {
		if program, err = exec.LookPath("/usr/lib/cgi-bin/mapserv"); err != nil {
			return nil, nil
		}
	}
	dir, err := os.MkdirTemp("", "mapserver")
	if err != nil {
		return nil, err
	}
	m := &mapserver{dir: dir, socket: filepath.Join(dir, "socket")}
	mosaic, err := filepath.Glob(filepath.Join(scenes, "mosaic", "m_*.tif"))
	if err != nil {
		return nil, err
	}
	var layers strings.Builder
	for i, path := range mosaic {
		fmt.Fprintf(&layers, mosaicLayer, i, path)
	}
	file, conf := filepath.Join(dir, "peer.map"), filepath.Join(dir, "mapserver.conf")
	for path, content := range map[string]string{
		file: fmt.Sprintf(mapfile, scenes, layers.String()),
		conf: fmt.Sprintf("CONFIG\n ENV\n  MS_MAP_PATTERN \".\"\n  MS_MAPFILE \"%s\"\n END\n MAPS\n END\nEND\n", file),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return nil, err
		}
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: m.socket, Net: "unix"})
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	listener.SetUnlinkOnClose(false)
	socket, err := listener.File()
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	for range clients {
		command := exec.Command(program)
		command.Stdin = socket // a FastCGI program accepts connections from there
		command.Env = append(os.Environ(), "MS_MAPFILE="+file, "MAPSERVER_CONFIG_FILE="+conf, "GDAL_NUM_THREADS=1")
		command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := command.Start(); err != nil {
			m.stop()
			return nil, err
		}
		m.processes = append(m.processes, command)
	}
	return m, nil
}

func (m *mapserver) stop() {
	if m == nil {
		return
	}
	for _, command := range m.processes {
		_ = command.Process.Kill()
		_ = command.Wait()
	}
	os.RemoveAll(m.dir)
}

// cpu is that of all processes.
func (m *mapserver) cpu() float64 {
	sum := 0.
	for _, command := range m.processes {
		sum += cpuOf(command.Process.Pid)
	}
	return sum
}

// run asks for tiles.
func (m *mapserver) run(layer string, tiles []orb.Bound) (cost, error) {
	before := m.cpu()
	bytes, err := asked(tiles, func(t orb.Bound) (int, error) {
		body, err := m.ask(mapQuery(layer, t, 256))
		return len(body), err
	})
	n := float64(len(tiles))
	return cost{cpu: (m.cpu() - before) / n, kib: float64(bytes) / 1024 / n}, err
}

// The record types of FastCGI (FastCGI Specification 1.0, section 8).
const (
	fcgiBegin  = 1
	fcgiEnd    = 3
	fcgiParams = 4
	fcgiStdin  = 5
	fcgiStdout = 6
)

// ask sends a query over a connection of its own and gives the picture.
func (m *mapserver) ask(query string) ([]byte, error) {
	c, err := net.Dial("unix", m.socket)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var params []byte
	for name, value := range map[string]string{"REQUEST_METHOD": "GET", "QUERY_STRING": query, "SCRIPT_NAME": "/ows", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80"} {
		params = append(params, byte(len(name)))
		params = append(binary.BigEndian.AppendUint32(params, uint32(len(value))|1<<31), name+value...)
	}
	var out []byte
	for _, r := range []struct {
		kind byte
		body []byte
	}{{fcgiBegin, []byte{0, 1, 0, 0, 0, 0, 0, 0}}, {fcgiParams, params}, {fcgiParams, nil}, {fcgiStdin, nil}} {
		out = append(out, 1, r.kind, 0, 1, byte(len(r.body)>>8), byte(len(r.body)), 0, 0)
		out = append(out, r.body...)
	}
	if _, err := c.Write(out); err != nil {
		return nil, err
	}
	answer, err := read(c)
	if err != nil {
		return nil, err
	}
	head, body, ok := strings.Cut(string(answer), "\r\n\r\n")
	if !ok || !strings.Contains(head, "image/png") {
		return nil, fmt.Errorf("MapServer answers %.300s", answer)
	}
	return []byte(body), nil
}

// read gives what a request wrote to its output.
func read(c io.Reader) ([]byte, error) {
	var all []byte
	for {
		var head [8]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return nil, err
		}
		body := make([]byte, int(head[4])<<8+int(head[5])+int(head[6]))
		if _, err := io.ReadFull(c, body); err != nil {
			return nil, err
		}
		switch head[1] {
		case fcgiStdout:
			all = append(all, body[:len(body)-int(head[6])]...)
		case fcgiEnd:
			return all, nil
		}
	}
}
