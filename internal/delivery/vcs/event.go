package vcs

import (
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// EventKind is what happened at a provider.
type EventKind string

// The kinds of event. Ignored ones are acknowledged and forgotten.
const (
	Ignored     EventKind = ""
	PushEvent   EventKind = "push"
	PullEvent   EventKind = "pull_request"
	CommandSaid EventKind = "command"
)

// Event is what happened, in the words of this room.
type Event struct {
	Kind EventKind `json:"kind"`
	// At is when the provider says that it happened.
	At   time.Time `json:"at"`
	Push Push      `json:"push,omitzero"`
	Pull Pull      `json:"pull,omitzero"`
	// Command is what somebody wrote under a pull request: plan or apply.
	Command Command `json:"command,omitzero"`
	// Actor is who did it, where they are a user of this platform.
	Actor kernel.Actor `json:"actor,omitzero"`
	// Bounds are those of the token that they pushed with.
	Bounds run.Bounds `json:"bounds,omitzero"`
	// Cause is the id of the event vcs.pushed that tells of a push.
	Cause string `json:"cause,omitempty"`
}

// by is who did it, within the bounds of their token.
func (e Event) by() kernel.Actor {
	actor := e.Actor
	actor.Limits = e.Bounds.Limits()
	return actor
}

// Push is a branch or a tag that moved: repository R, branch B, at commit C.
type Push struct {
	Ref string `json:"ref"`
	// Before and After are commits; gitexec.Zero where there is none.
	Before string `json:"before"`
	After  string `json:"after"`
	// By is the name of who pushed.
	By string `json:"by,omitempty"`
}

// Pull is a pull request as an event tells of it.
type Pull struct {
	Number      int       `json:"number"`
	Title       string    `json:"title"`
	Author      string    `json:"author"`
	Fork        bool      `json:"fork,omitempty"`
	Source      string    `json:"source"`
	Target      string    `json:"target"`
	Head        string    `json:"head"`
	Base        string    `json:"base,omitempty"`
	State       PullState `json:"state"`
	MergeCommit string    `json:"mergeCommit,omitempty"`
	// By is who did what the event tells of.
	By string `json:"by,omitempty"`
}

// Command is a word for Terrace in a comment.
type Command struct {
	Number int `json:"number"`
	// Word is plan or apply.
	Word string `json:"word"`
	By   string `json:"by"`
	// Member says that the provider knows them as a member of the repository, who may
	// be one that only reads it.
	Member bool `json:"member,omitempty"`
}

// CommandIn returns the word of a comment that is a command, terrace plan or
// terrace apply, with or without the pr of the client; "" of any other.
func CommandIn(comment string) string {
	words := strings.Fields(strings.ToLower(comment))
	if len(words) == 3 && words[1] == "pr" {
		words = []string{words[0], words[2]}
	}
	if len(words) == 2 && words[0] == "terrace" && (words[1] == "plan" || words[1] == "apply") {
		return words[1]
	}
	return ""
}

// Delivery is one webhook in the inbox.
type Delivery struct {
	// ID is the order in which deliveries came.
	ID         string       `json:"id"`
	Repository string       `json:"repository"`
	Scope      kernel.Scope `json:"-"`
	// Key is the provider's id of it, Digest that of the body: a provider signs the
	// body, not the headers, so both are only taken once.
	Key        string        `json:"key"`
	Digest     kernel.Digest `json:"digest"`
	Event      Event         `json:"event"`
	ReceivedAt time.Time     `json:"receivedAt"`
	Attempts   int           `json:"attempts"`
	Problem    string        `json:"problem,omitempty"`
}

// Branch returns the branch that moved, "" for a tag.
func (p Push) Branch() string {
	if branch, ok := strings.CutPrefix(p.Ref, "refs/heads/"); ok {
		return branch
	}
	return ""
}
