// Package graph turns a workload into the resources that it needs at one
// stage: which definition serves each, with which module and which inputs, and
// in which order.
//
// It owns definitions, how they are matched, and the identity of resources. It
// is pure: it reads no database and no file, and renders no Terraform.
package graph

import (
	"encoding/json"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Graph is everything that one workload needs at one stage.
type Graph struct {
	Workload string `json:"workload"`
	// Nodes are the resources; each comes after all that it depends on, and
	// the order is the same every time.
	Nodes []Node `json:"nodes"`
	// Names tells the UID of each resource of the workload by its name there.
	Names map[string]string `json:"names"`
}

// Node is one resource.
type Node struct {
	// UID identifies the resource: type.class#id, or type.class#workload.name.
	UID string `json:"uid"`
	// Key is the UID as a Terraform identifier; different UIDs have different keys.
	Key   string `json:"key"`
	Type  string `json:"type"`
	Class string `json:"class"`
	// ID is what follows the # in the UID.
	ID string `json:"id"`
	// Name is for the real thing: RFC 1123, at most 50 characters.
	Name string `json:"name"`
	// Shared resources can be needed by several workloads.
	Shared bool `json:"shared"`
	// Params are the resource's parameters, Inputs the arguments of its module
	// (tags apart). Their leaves are nil, bool, int64, float64, string, and a
	// Template where a value comes from other nodes.
	Params map[string]any `json:"params,omitempty"`
	// Definition is the name of the definition that serves it.
	Definition string         `json:"definition"`
	Module     ModulePin      `json:"module"`
	Inputs     map[string]any `json:"inputs"`
	// Outputs are what the resource gives where that is not the module's outputs.
	Outputs map[string]any `json:"outputs,omitempty"`
	// DependsOn are the UIDs of the nodes that it needs first, sorted.
	DependsOn []string    `json:"dependsOn"`
	Why       Explanation `json:"why"`
}

// ZoneDocuments is the output that no landing zone gives: what the gateway's documents are
// on the stage. It changes on its own, and only for who names it.
const ZoneDocuments = "gateway_documents"

// Template is a value made from the outputs of nodes and of the stage's landing
// zone. A single reference keeps the type of the output, everything else is a
// string.
type Template struct {
	Parts []Part
}

// Part is a literal, or an output of something where Output is set.
type Part struct {
	Literal string
	// From says whose output it is, for a Node its UID says of which.
	From   Origin
	Node   string
	Output string
	// Keys lead into an output that is an object.
	Keys []string
}

// Origin is what an output belongs to.
type Origin int

// The origins.
const (
	// FromResource is an output of the resource Node.
	FromResource Origin = iota
	// FromModule is an output of the module of Node itself.
	FromModule
	// FromLandingZone is an output of the stage's landing zone.
	FromLandingZone
	// FromWorkload is an output of another workload; Node is the name of the
	// resource that stands for it.
	FromWorkload
	// FromSecret is the value of a secret of the stage; Output is the reference to it without
	// its braces: NAME#KEY@VERSION.
	FromSecret
)

// IsLiteral reports whether the part is text.
func (p Part) IsLiteral() bool { return p.Output == "" }

// String returns the part as people write it.
func (p Part) String() string {
	if p.IsLiteral() {
		return p.Literal
	}
	if p.From == FromSecret {
		return secretref.Open + p.Output + secretref.Close
	}
	root := map[Origin]string{FromResource: p.Node + ":", FromModule: moduleRoot + ".", FromLandingZone: landingZoneRoot + ".", FromWorkload: "resources." + p.Node + "."}[p.From]
	return "${" + root + strings.Join(append([]string{p.Output}, p.Keys...), ".") + "}"
}

// String returns the template for people: ${redis.default#cache:host}.
func (t Template) String() string {
	var b strings.Builder
	for _, p := range t.Parts {
		b.WriteString(p.String())
	}
	return b.String()
}

// MarshalJSON writes the template as its String.
func (t Template) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// Node returns the node with the uid.
func (g *Graph) Node(uid string) (Node, bool) {
	for _, n := range g.Nodes {
		if n.UID == uid {
			return n, true
		}
	}
	return Node{}, false
}

// Explanation tells how a resource got its definition.
type Explanation struct {
	Type  string `json:"type"`
	Class string `json:"class"`
	ID    string `json:"id,omitempty"`
	// Context is where it was asked.
	Context Context `json:"context"`
	// Definition won, through Criterion.
	Definition string    `json:"definition"`
	Criterion  Criterion `json:"criterion"`
	// Candidates are all criteria of the type's definitions, the winner first.
	Candidates []Candidate `json:"candidates"`
}

// Candidate is one criterion of a definition, and why it won or lost.
type Candidate struct {
	Definition string    `json:"definition"`
	Criterion  Criterion `json:"criterion"`
	Matched    bool      `json:"matched"`
	Won        bool      `json:"won"`
	Reason     string    `json:"reason"`
}
