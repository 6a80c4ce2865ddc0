package apiclient

import (
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Session is the answer to a sign-in.
type Session struct {
	Token   string     `json:"token"`
	Expires *time.Time `json:"expiresAt,omitempty"`
}

// Me is who the token stands for.
type Me struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Tenant string `json:"tenant"`
	Roles  []Role `json:"roles"`
}

// Role is what a user may do in a project; without one, in the whole tenant.
type Role struct {
	Project string `json:"project,omitempty"`
	Role    string `json:"role"`
}

// User is a person who can sign in.
type User struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"createdAt"`
}

// Token is a new personal token; its value is shown once.
type Token struct {
	ID      string     `json:"id"`
	Token   string     `json:"token"`
	Expires *time.Time `json:"expiresAt,omitempty"`
}

// Project holds workloads.
type Project struct {
	Name       string    `json:"name"`
	CostCenter string    `json:"costcenter"`
	Owner      string    `json:"owner"`
	CreatedAt  time.Time `json:"createdAt"`
}

// AuditEntry is one entry of the audit log.
type AuditEntry struct {
	Seq       int64           `json:"seq"`
	At        time.Time       `json:"at"`
	Actor     string          `json:"actor"`
	ActorID   string          `json:"actorId"`
	ActorKind string          `json:"actorKind"`
	RequestID string          `json:"requestId,omitempty"`
	Type      string          `json:"type"`
	Project   string          `json:"project,omitempty"`
	Stage     string          `json:"stage,omitempty"`
	Subject   string          `json:"subject,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
	Hash      string          `json:"hash"`
}

// AuditFilter narrows a list of entries.
type AuditFilter struct {
	Project, Stage, Type, Subject, Actor string
	Limit                                int
}

// AuditReport is what a verification of the audit log found.
type AuditReport struct {
	Entries int64  `json:"entries"`
	Head    string `json:"head"`
	// Broken is the first entry that is not as it was written, nil if none.
	Broken *AuditBreak `json:"broken,omitempty"`
}

// AuditBreak is where the chain is broken.
type AuditBreak struct {
	Seq    int64  `json:"seq"`
	Reason string `json:"reason"`
}

// Stage is one step on the way of a release.
type Stage struct {
	Name         string    `json:"name"`
	Order        int       `json:"order"`
	Target       string    `json:"target"`
	Runtime      string    `json:"runtime"`
	Approvals    Approvals `json:"approvals"`
	RequiredTags []string  `json:"requiredTags"`
	Verify       []Check   `json:"verify"`
}

// Check is one verification of a stage.
type Check struct {
	Name string `json:"name"`
	HTTP *struct {
		Path   string `json:"path"`
		Status int    `json:"status"`
	} `json:"http,omitempty"`
}

// Artifact is uploaded content of a container.
type Artifact struct {
	Digest kernel.Digest `json:"digest"`
	Size   int64         `json:"size"`
}

// Release is one immutable version of a workload.
type Release struct {
	ID          string              `json:"id"`
	Digest      kernel.Digest       `json:"digest"`
	Number      int                 `json:"number"`
	Workload    string              `json:"workload"`
	Version     string              `json:"version"`
	Spec        json.RawMessage     `json:"spec,omitempty"`
	Artifacts   map[string]Artifact `json:"artifacts,omitempty"`
	Definitions []json.RawMessage   `json:"definitions,omitempty"`
	Modules     []json.RawMessage   `json:"modules,omitempty"`
	CreatedBy   string              `json:"createdBy"`
	CreatedAt   time.Time           `json:"createdAt"`
}

// Graph is what a workload needs at a stage.
type Graph struct {
	Workload string            `json:"workload"`
	Nodes    []Node            `json:"nodes"`
	Names    map[string]string `json:"names"`
}

// Node is one resource of a graph.
type Node struct {
	UID        string          `json:"uid"`
	Key        string          `json:"key"`
	Type       string          `json:"type"`
	Class      string          `json:"class"`
	Name       string          `json:"name"`
	Shared     bool            `json:"shared"`
	Definition string          `json:"definition"`
	Module     ModulePin       `json:"module"`
	Inputs     json.RawMessage `json:"inputs,omitempty"`
	DependsOn  []string        `json:"dependsOn"`
	Why        Explanation     `json:"why"`
}

// ModulePin is the exact version of a module.
type ModulePin struct {
	Source  string        `json:"source"`
	Version string        `json:"version"`
	Digest  kernel.Digest `json:"digest,omitempty"`
}

// Explanation tells how a resource got its definition.
type Explanation struct {
	Type       string      `json:"type"`
	Class      string      `json:"class"`
	ID         string      `json:"id,omitempty"`
	Definition string      `json:"definition"`
	Candidates []Candidate `json:"candidates"`
}

// Candidate is one criterion, and why it won or lost.
type Candidate struct {
	Definition string            `json:"definition"`
	Criterion  map[string]string `json:"criterion"`
	Matched    bool              `json:"matched"`
	Won        bool              `json:"won"`
	Reason     string            `json:"reason"`
}

// Workload is what is where of a workload.
type Workload struct {
	Name   string          `json:"name"`
	Stages []WorkloadStage `json:"stages"`
}

// WorkloadStage is a workload in one stage.
type WorkloadStage struct {
	Stage     string            `json:"stage"`
	Release   *ReleaseRef       `json:"release,omitempty"`
	Status    string            `json:"status"`
	URLs      map[string]string `json:"urls,omitempty"`
	Run       string            `json:"run,omitempty"`
	AppliedAt *time.Time        `json:"appliedAt,omitempty"`
}

// Definition says which module serves a type of resource.
type Definition struct {
	Name     string              `json:"name"`
	Type     string              `json:"type"`
	Criteria []map[string]string `json:"criteria,omitempty"`
	Module   ModulePin           `json:"module"`
	Source   string              `json:"source,omitempty"`
}

// ModuleVersion is one published version of a module.
type ModuleVersion struct {
	Namespace   string        `json:"namespace"`
	Name        string        `json:"name"`
	System      string        `json:"system"`
	Version     string        `json:"version"`
	Digest      kernel.Digest `json:"digest"`
	Size        int64         `json:"size"`
	PublishedAt time.Time     `json:"publishedAt"`
}

// Secret describes a secret without its value.
type Secret struct {
	Name      string    `json:"name"`
	Stage     string    `json:"stage"`
	Version   int       `json:"version"`
	Generated bool      `json:"generated"`
	UpdatedBy string    `json:"updatedBy"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// ServerStatus is how the server is.
type ServerStatus struct {
	Version  string    `json:"version"`
	Node     string    `json:"node"`
	Started  time.Time `json:"started"`
	Database string    `json:"database"`
	Tool     Tool      `json:"tool"`
	// Addresses are where it listens, by what.
	Addresses map[string]string `json:"addresses"`
	Checks    []ServerCheck     `json:"checks"`
}

// Tool is the terraform or tofu that the server uses.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Path    string `json:"path"`
}

// ServerCheck is one thing that the server looked at.
type ServerCheck struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

// LogQuery says which part of a service's log is wanted.
type LogQuery struct {
	Stage string
	// Lines is how many of the last ones to begin with.
	Lines  int
	Follow bool
}

// LogLine is one line that a service wrote.
type LogLine struct {
	Time time.Time `json:"time"`
	// Source is the container that wrote it.
	Source string `json:"source"`
	Text   string `json:"text"`
}

// Service is a service that a target runs.
type Service struct {
	Name           string             `json:"name"`
	Stage          string             `json:"stage"`
	Release        string             `json:"release,omitempty"`
	ReleaseVersion string             `json:"releaseVersion,omitempty"`
	Status         string             `json:"status"`
	Endpoints      map[string]string  `json:"endpoints"`
	Containers     []ServiceContainer `json:"containers"`
	Notes          []string           `json:"notes,omitempty"`
}

// ServiceContainer is the state of one of its processes.
type ServiceContainer struct {
	Name     string `json:"name"`
	Phase    string `json:"phase"`
	PID      int    `json:"pid,omitempty"`
	Exits    int    `json:"exits"`
	LastExit string `json:"lastExit,omitempty"`
	Probe    string `json:"probe,omitempty"`
}
