// Package render turns a resolved graph into the root module that terraform or
// tofu runs: main.tf.json, and the lock file where there is one.
//
// It owns the text of root modules: what refers to what, and how the strings of
// users are escaped. It is pure: the same input gives the same bytes, it reads
// nothing and runs nothing. It does not choose modules (delivery/graph does),
// and no secret value ever reaches it.
//
// A target says which providers a root module has, a runtime how containers
// become the arguments of the module service; further ones are added to the
// maps in target.go and runtime.go.
package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The files of a root module.
const (
	MainFile = "main.tf.json"
	LockFile = ".terraform.lock.hcl"
)

// Host is where modules and the provider come from.
const Host = "terrace.localhost"

// Input is all that a root module is made from.
type Input struct {
	Graph    *graph.Graph
	Workload *workload.Workload
	Context  graph.Context
	// Runtime says how containers run; see Runtimes.
	Runtime string
	// Service is the version of the module that runs the containers.
	Service graph.ModulePin
	// Release is the release's id, ReleaseVersion what people call it.
	Release, ReleaseVersion string
	// Artifacts are what the containers run, by container.
	Artifacts map[string]Artifact
	// Images are the references of images with their digests, by container, as
	// far as their registries told them.
	Images map[string]string
	// Tags are given to every module that takes tags.
	Tags map[string]string
	// LandingZone has the outputs of the stage's landing zone, by name.
	LandingZone map[string]any
	// Taken are the outputs of other workloads, by resource and output.
	Taken map[string]map[string]Taken
	// ProviderVersion is the exact version of Terrace's own provider, AzurermVersion
	// that of azurerm.
	ProviderVersion, AzurermVersion string
	// Lock is the provider lock file, empty where it is not known.
	Lock []byte
}

// Artifact is what a container runs.
type Artifact struct {
	// Digest is that of an uploaded bundle.
	Digest kernel.Digest
}

// Root is a rendered root module.
type Root struct {
	Files map[string][]byte
	// Secret are files that hold sensitive values; they are shown to nobody.
	Secret map[string][]byte
	// Secrets are the variables that want the value of a secret of the stage, with the
	// reference to it without its braces. No file has a value.
	Secrets map[string]string
	// Digest is that of the files, the secret ones left out.
	Digest kernel.Digest
	// LandingZone is the digest of the landing zone's outputs in it, empty where it has none.
	LandingZone kernel.Digest
}

// Render makes the root module. The error is Invalid, with all problems at
// their places, where the runtime cannot run the workload.
func Render(in Input) (Root, error) {
	zone, err := zoneDigest(in)
	if err != nil {
		return Root{}, err
	}
	main, err := document(in)
	if err != nil {
		return Root{}, err
	}
	text, err := encode(main)
	if err != nil {
		return Root{}, err
	}
	root := Root{Files: map[string][]byte{MainFile: text}, Secret: map[string][]byte{}, Secrets: map[string]string{}, LandingZone: zone}
	if err := root.addValues(in); err != nil {
		return Root{}, err
	}
	for name, s := range secretsOf(in.Graph) {
		root.Secrets[name] = s.Reference.Inside()
	}
	if len(in.Lock) > 0 {
		root.Files[LockFile] = in.Lock
	}
	root.Digest, err = kernel.DigestJSON(root.Files)
	return root, err
}

func document(in Input) (map[string]any, error) {
	target, err := targetOf(in.Context.Target)
	if err != nil {
		return nil, err
	}
	modules, err := modulesOf(in)
	if err != nil {
		return nil, err
	}
	locals, err := localsOf(in)
	if err != nil {
		return nil, err
	}
	outputs, err := outputs(in)
	if err != nil {
		return nil, err
	}
	main := map[string]any{
		"terraform": map[string]any{
			"required_version":   target.version,
			"required_providers": target.required(in),
			"backend":            map[string]any{"http": map[string]any{}}, // the tool's environment says where and who
		},
		"provider": target.providers(in),
		"module":   modules,
		"output":   outputs,
	}
	if len(locals) > 0 {
		main["locals"] = locals
	}
	if variables := variablesOf(in); len(variables) > 0 {
		main["variable"] = variables
	}
	return main, nil
}

// localsOf returns what the definitions say that resources give, by module key.
func localsOf(in Input) (map[string]any, error) {
	locals, scope := map[string]any{}, scopeOf(in)
	for _, node := range in.Graph.Nodes {
		if node.Outputs == nil {
			continue
		}
		value, err := scope.value(node.Outputs)
		if err != nil {
			return nil, fmt.Errorf("render the outputs of %s: %w", node.UID, err)
		}
		locals[node.Key] = value
	}
	return locals, nil
}

// encode writes v as JSON with sorted keys and one member a line, so that two
// roots can be compared by eye.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("render %s: %w", MainFile, err)
	}
	return ascii(b.Bytes()), nil
}

// ascii writes every other character of a JSON text as \uXXXX: the scanner of
// the language joins some of them with the quote that follows.
func ascii(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

func source(pin graph.ModulePin) string {
	if strings.Count(pin.Source, "/") > 2 { // it names its host itself
		return pin.Source
	}
	return Host + "/" + pin.Source
}
