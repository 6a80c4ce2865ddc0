package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// FileVariable names the environment variable with the path of the file.
const FileVariable = "TERRACE_CONFIG"

// Flags adds a flag for every key, and --config for the file.
func Flags(flags *pflag.FlagSet) {
	flags.String("config", "", "the configuration file; also "+FileVariable)
	for _, f := range fields() {
		if !f.single() {
			continue
		}
		flags.String(f.flag(), "", f.doc)
		if f.typ.Kind() == reflect.Bool {
			flags.Lookup(f.flag()).NoOptDefVal = "true"
		}
	}
}

// Load returns the configuration: the defaults, under the file, under the
// environment (KEY=value, as os.Environ returns it), under the flags that were
// set; flags may be nil. The error is Invalid and names every problem at its
// place.
func Load(flags *pflag.FlagSet, environ []string) (Config, error) {
	env := variables(environ)
	k := koanf.New(".")
	src := source{file: firstOf(flagValue(flags, "config"), env[FileVariable])}
	if src.file != "" {
		values, found, err := readFile(src.file)
		if err != nil {
			return Config{}, err
		}
		src.places = found
		if err := k.Load(values, nil); err != nil {
			return Config{}, fmt.Errorf("load configuration: %w", err)
		}
	}
	over, problems := overrides(flags, env)
	if err := k.Load(over, nil); err != nil {
		return Config{}, fmt.Errorf("load configuration: %w", err)
	}
	if len(problems) > 0 {
		return Config{}, invalid(problems)
	}
	src.over = over
	return decode(k, env, src)
}

// source is where values come from: a file, if there is one, and what is over it.
type source struct {
	file   string
	places places
	over   values
}

func decode(k *koanf.Koanf, env map[string]string, src source) (Config, error) {
	c := Default()
	c.Stages = nil // a shorter list must not keep the rest of the default one
	if err := k.Unmarshal("", &c); err != nil {
		return Config{}, fmt.Errorf("load configuration: %w", err)
	}
	if !k.Exists("stages") {
		c.Stages = stage.Default()
	}
	if !k.Exists("sinkNetworks") && !onLoopback(c.Listen) {
		c.SinkNetworks = nil // who may subscribe may not be on this machine
	}
	if !k.Exists("acmeNetworks") && !onLoopback(c.Listen) {
		c.ACMENetworks = nil // who may order may not be on this machine
	}
	err := c.complete(env)
	if err != nil {
		return Config{}, err
	}
	if src.file != "" {
		if c.File, err = filepath.Abs(src.file); err != nil {
			return Config{}, fmt.Errorf("configuration file: %w", err)
		}
	}
	if problems := append(c.fromFiles(src.file), c.problems(src.file)...); len(problems) > 0 {
		src.places.locate(src.file, src.over, problems)
		return Config{}, invalid(problems)
	}
	return c, nil
}

// onLoopback says whether only this machine reaches the address.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// complete fills in what depends on the machine.
func (c *Config) complete(env map[string]string) (err error) {
	if c.DataDir == "" {
		base := env["XDG_DATA_HOME"]
		if base == "" && env["HOME"] != "" {
			base = filepath.Join(env["HOME"], ".local", "share")
		}
		if base == "" {
			return invalid([]kernel.Problem{{Path: "data", Message: "there is no home directory to keep data in", Fix: "set TERRACE_DATA or --data"}})
		}
		c.DataDir = filepath.Join(base, "terrace")
	}
	if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	for what, path := range map[string]*string{"provider mirror": &c.ProviderMirror, "folder of the authority": &c.PKI, "file of the database": &c.DatabaseFile, "file of the store of documents": &c.DocumentsFile, "file of the gateway's Redis": &c.GatewayRedisFile, "file of the policies' token": &c.PolicyTokenFile} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil { // runs work in other folders
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if c.Node == "" {
		if c.Node, err = os.Hostname(); err != nil {
			return fmt.Errorf("name of this node: %w", err)
		}
	}
	return nil
}

// values are one source of the configuration, as koanf takes it.
type values map[string]any

// Read returns the values.
func (v values) Read() (map[string]any, error) { return v, nil }

// ReadBytes is the other way of koanf, for sources that need a parser.
func (values) ReadBytes() ([]byte, error) {
	return nil, errors.New("these values are read, not parsed")
}

// overrides returns what the environment and the flags set.
func overrides(flags *pflag.FlagSet, env map[string]string) (values, []kernel.Problem) {
	out := values{}
	var problems []kernel.Problem
	for _, f := range fields() {
		if !f.single() {
			continue
		}
		source, text := f.variable(), env[f.variable()]
		if flags != nil && flags.Changed(f.flag()) {
			source, text = "--"+f.flag(), flagValue(flags, f.flag())
		} else if text == "" {
			continue
		}
		value, err := f.parse(text)
		if err != nil {
			problems = append(problems, kernel.Problem{Path: source, Message: err.Error()})
			continue
		}
		out[f.key] = value
	}
	return out, problems
}

func (f field) parse(text string) (any, error) {
	switch f.typ.Kind() {
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", text)
		}
		return n, nil
	case reflect.Bool:
		on, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not true or false", text)
		}
		return on, nil
	case reflect.Slice:
		return strings.Split(text, ","), nil
	default:
		return text, nil
	}
}

func variables(environ []string) map[string]string {
	out := make(map[string]string, len(environ))
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		out[name] = value
	}
	return out
}

func flagValue(flags *pflag.FlagSet, name string) string {
	if flags == nil || flags.Lookup(name) == nil {
		return ""
	}
	return flags.Lookup(name).Value.String()
}

func firstOf(options ...string) string {
	for _, o := range options {
		if o != "" {
			return o
		}
	}
	return ""
}

func invalid(problems []kernel.Problem) error {
	return kernel.Errorf(kernel.Invalid, "the configuration cannot be used").WithProblems(problems...)
}
