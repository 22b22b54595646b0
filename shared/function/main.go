// Package function is what every function's process shares: its configuration from the environment, its log, its HTTP
// server with health routes, metrics and a graceful end. Nothing else in the house reads the environment.
package function

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"reflect"

	"github.com/kelseyhightower/envconfig"
	"knative.dev/pkg/signals"
)

// Main runs a function: it reads C, a struct with envconfig tags, from the environment, and calls run with a context
// that ends with SIGTERM or SIGINT. It is the only place where a function's process ends: status 1 when run fails,
// 2 when the configuration is wrong. With --help it prints the settings.
func Main[C any](name string, run func(ctx context.Context, config C) error) {
	var config C
	if len(os.Args) > 1 {
		_ = usage(os.Stdout, name, reflect.TypeOf(config)) // nobody may be reading
		if os.Args[1] == "--help" || os.Args[1] == "-h" || os.Args[1] == "help" {
			return
		}
		os.Exit(2)
	}
	log, err := logger(name, os.Getenv("LOG_LEVEL"))
	slog.SetDefault(log)
	if err != nil {
		log.Error("the configuration is wrong", "error", err)
		os.Exit(2)
	}
	if err := readable(reflect.TypeOf(config)); err != nil {
		log.Error("the configuration cannot be read", "error", err)
		os.Exit(2)
	}
	if err := envconfig.Process("", &config); err != nil {
		log.Error("the configuration is wrong", "error", err)
		os.Exit(2)
	}
	if err := run(signals.NewContext(), config); err != nil {
		log.Error("the function failed", "error", err)
		os.Exit(1)
	}
}

// readable is nil when the environment reaches every field of a configuration: those of an embedded struct of an
// unexported type would silently stay empty.
func readable(config reflect.Type) error {
	for i := range config.NumField() {
		field := config.Field(i)
		if !field.IsExported() {
			return fmt.Errorf("the field %s of %s is not exported", field.Name, config)
		}
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			if err := readable(field.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// logger is the log of a function, usable even when the level is not one.
func logger(name, wanted string) (*slog.Logger, error) {
	level := slog.LevelInfo
	var err error
	if wanted != "" && level.UnmarshalText([]byte(wanted)) != nil {
		err = fmt.Errorf("LOG_LEVEL is %q, not debug, info, warn or error", wanted)
	}
	return slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: level})).With("function", name), err
}
