package raster

import (
	"errors"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/airbusgeo/godal"
)

// scheme is the prefix of the file names that GDAL reads through this package.
const scheme = "/vsiperigee/"

// registeredDrivers are the names of the drivers that this build of GDAL has of those used here.
var registeredDrivers atomic.Pointer[[]string]

func registered() []string {
	if known := registeredDrivers.Load(); known != nil {
		return *known
	}
	return nil
}

// prepareGDAL registers drivers and the reader once per process; GDAL has one table of each.
var prepareGDAL = sync.OnceValue(func() error {
	for key, value := range map[string]string{
		"GDAL_CACHEMAX":                "64", // megabytes; what is decoded is kept here, in Config.CacheBytes
		"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
		"GDAL_PAM_ENABLED":             "NO",
		"GDAL_NUM_THREADS":             "1",
		"PROJ_NETWORK":                 "OFF",
		"CPL_LOG":                      os.DevNull, // where GDAL says what concerns no request
	} {
		if err := os.Setenv(key, value); err != nil {
			return err
		}
	}
	if err := godal.RegisterRaster(godal.GTiff); err != nil {
		return err
	}
	known := []string{"GTiff"}
	// Not netCDF: it reads what is no local file by way of page faults, and one that cannot be served, because a request
	// ended meanwhile, stops every later use of the driver for ever.
	for register, name := range map[godal.DriverName]string{godal.OpenJPEG: "JP2OpenJPEG", "WEBP": string("WEBP"), "HDF5": "HDF5", "HDF5Image": "HDF5Image", "Zarr": "Zarr"} {
		if godal.RegisterRaster(register) == nil { // not in every build of GDAL
			known = append(known, name)
		}
	}
	registeredDrivers.Store(&known)
	return godal.RegisterVSIHandler(scheme, opened, godal.VSIHandlerBufferSize(0), godal.VSIHandlerCacheSize(0), godal.VSIHandlerStripPrefix(true))
})

// messages collects what GDAL says while it does one thing. Warnings are not failures: slightly odd files are common.
type messages struct {
	texts []string
}

// handle is the godal.ErrorHandler.
func (m *messages) handle(category godal.ErrorCategory, _ int, text string) error {
	if category < godal.CE_Failure {
		return nil
	}
	text = strings.ReplaceAll(text, scheme, "")
	if len(m.texts) < 4 {
		m.texts = append(m.texts, text)
	}
	return errors.New(text)
}

// text is all that was said, on one line, without the name under which GDAL knows the file here, if it is about one.
// Releases of GDAL differ in how much of the name they say: all of it, or what follows the last slash.
func (m *messages) text(name string) string {
	all := strings.Join(m.texts, "; ")
	if name == "" {
		return oneLine(all)
	}
	all = strings.ReplaceAll(strings.ReplaceAll(all, name+":", ""), name, "the file")
	last := regexp.MustCompile(`(^|[\s;:'"` + "`" + `])` + regexp.QuoteMeta(path.Base(name)) + `(:|$|[\s;,'"])`)
	return oneLine(last.ReplaceAllStringFunc(all, func(found string) string {
		before, after, _ := strings.Cut(found, path.Base(name))
		if after == ":" {
			return before
		}
		return before + "the file" + after
	}))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
