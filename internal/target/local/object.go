package local

import (
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Kind is a kind of object, as the planes API spells it.
type Kind string

// The kinds.
const (
	DNSRecords     Kind = "dns-records"
	Routes         Kind = "routes"
	SecretsKind    Kind = "secrets"
	Services       Kind = "services"
	Caches         Kind = "caches"
	TopicsKind     Kind = "topics"
	Configs        Kind = "configs"
	MySQLDatabases Kind = "mysql-databases"
	// DocumentDatabases are collections of JSON documents.
	DocumentDatabases Kind = "document-databases"
	Volumes           Kind = "volumes"
	// KubernetesWorkloads are there where the Service has Clusters.
	KubernetesWorkloads Kind = "kubernetes-workloads"
)

// Key identifies an object.
type Key struct {
	Scope kernel.Scope
	Kind  Kind
	Name  string
}

// String returns the key for people, without its scope.
func (k Key) String() string { return string(k.Kind) + "/" + k.Name }

// Outputs are what a plane has computed about an object.
type Outputs map[string]any

// Owner is a resource of a stack that has declared an object.
type Owner struct {
	Stack string `json:"stack"`
	// Claim tells resources of the stack apart that declare the same object, as
	// two that come to the same host name do; "" where there is one.
	Claim string `json:"claim,omitempty"`
	// Tags are the owner's labels; they are no part of the object itself.
	Tags map[string]string `json:"tags,omitempty"`
}

// Object is one recorded object.
type Object struct {
	Key
	// Spec is the declaration as canonical JSON, without tags.
	Spec    json.RawMessage
	Outputs Outputs
	// Revision grows with every change of Spec.
	Revision  int64
	Owners    []Owner
	CreatedAt time.Time
	UpdatedAt time.Time
}

// name names the owner for people.
func (o Owner) name() string {
	if o.Claim == "" {
		return o.Stack
	}
	return o.Stack + " (" + o.Claim + ")"
}

// Owner returns the ownership of a stack's resource.
func (o Object) Owner(stack, claim string) (Owner, bool) {
	for _, owner := range o.Owners {
		if owner.Stack == stack && owner.Claim == claim {
			return owner, true
		}
	}
	return Owner{}, false
}

// withOwner returns the owners with this one added or replaced.
func (o Object) withOwner(owner Owner) []Owner {
	return append(o.withoutOwner(owner.Stack, owner.Claim), owner)
}

func (o Object) withoutOwner(stack, claim string) []Owner {
	var rest []Owner
	for _, owner := range o.Owners {
		if owner.Stack != stack || owner.Claim != claim {
			rest = append(rest, owner)
		}
	}
	return rest
}

// Caller is who asks: the run of a stack.
type Caller struct {
	// Scope is the stack's tenant, project and stage.
	Scope kernel.Scope
	// Stack is the stack's id and Fence the number of its lease.
	Stack string
	Fence int64
	// Claim is which resource of the stack it is, see Owner.
	Claim string
	// MayWrite is false while the run only plans.
	MayWrite bool
}
