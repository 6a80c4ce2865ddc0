// Package policies carries the rules that Terrace ships, so that the client
// evaluates them without a server and without a network.
//
// It owns the files alone: rules, their library, their tests, and the table of
// controls. governance/policy gives them their meaning.
package policies

import "embed"

//go:generate go run ./generate

// Shipped has the library and the rules, system by system, with their tests.
//
//go:embed lib/*.rego azure/*/*.rego terraform/*/*.rego
var Shipped embed.FS

// Controls is the table of controls, controls.yaml.
//
//go:embed controls.yaml
var Controls []byte

// Index tells of each rule its level and the types that it looks at, index.jsonl.
//
//go:embed index.jsonl
var Index []byte
