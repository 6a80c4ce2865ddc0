package tuning

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Place is a route.
type Place struct {
	Scope kernel.Scope
	Route string
}

// Levels are how many levels of rules there are.
const Levels = 4

// Judgement is what the rules found in one request.
type Judgement struct {
	// Request is its id, which the client was told and the log names.
	Request string
	// Scores are what the request scored with the rules of each level and of those
	// below; Asked is the highest level whose rules were asked.
	Scores [Levels]int
	Asked  int
	// Score is what counted.
	Score int
	// Refused tells that it was refused, or would have been; Denied that a rule did
	// so by itself, whatever the score.
	Refused, Denied bool
	Matches         []Match
}

// Match is a rule that matched something of a request.
type Match struct {
	Rule int
	// Target is what it matched, as an exclusion names it.
	Target string
	// Message is the rule's own, Points are what it adds to the score.
	Message string
	Points  int
	// Sample is the shape of the text, without what it says.
	Sample string
}

// Key is what is counted apart of a route's day.
type Key struct {
	Rule   int
	Target string
}

// Found is what is counted of a rule and a target.
type Found struct {
	Key

	Message, Sample   string
	Points            int
	Requests, Refused int64
	// Lowest and Highest are scores of the requests.
	Lowest, Highest int
	// Last is when it was last, Examples the ids of the last requests.
	Last     time.Time
	Examples []string
}

// Bar is how many requests had a score with the rules up to a level.
type Bar struct {
	Level, Score int
	// Refused of them were refused, or would have been, Denied whatever the score.
	Requests, Refused, Denied int64
}

// Batch is what was counted of a route on a day.
type Batch struct {
	Place

	Day   string
	Found []Found
	Bars  []Bar
}

// Query says of which routes something is asked.
type Query struct {
	// Scope is a stage, a project or the tenant; Within what the actor sees of it.
	Scope  kernel.Scope
	Within kernel.Reach
	// Route and Rule narrow where they are not empty.
	Route string
	Rule  int
	// Since is the first day.
	Since string
}

// Store keeps counts by day; tuningsql implements it.
type Store interface {
	// Known returns what is kept of a route's day already.
	Known(ctx context.Context, p Place, day string) ([]Key, error)
	// Add adds to what is kept, all of it or nothing.
	Add(ctx context.Context, all []Batch) error
	// Findings returns sums by route, rule and target, in that order.
	Findings(ctx context.Context, q Query, page kernel.PageRequest) (kernel.Page[Finding], error)
	// Bars returns sums by route, level and score of the routes of a page.
	Bars(ctx context.Context, q Query, page kernel.PageRequest) (kernel.Page[Histogram], error)
	// Places returns the routes of which something is kept.
	Places(ctx context.Context) ([]Place, error)
	// Drop removes all that is kept of a route.
	Drop(ctx context.Context, p Place) error
	// DropBefore removes days before one.
	DropBefore(ctx context.Context, day string) error
}

// Histogram is what the requests of a route scored.
type Histogram struct {
	Place

	Bars []Bar
}

// Finding is what a rule found in a route's requests.
type Finding struct {
	Project string `json:"project"`
	Stage   string `json:"stage"`
	Route   string `json:"route"`
	Rule    int    `json:"rule"`
	Message string `json:"message" doc:"What the rule says of itself."`
	Target  string `json:"target" doc:"What of a request it matched, as exclusions name it; (others) beyond what is counted apart."`
	Points  int    `json:"points" doc:"What a match adds to a request's score."`
	// Requests are those that it matched.
	Requests int64 `json:"requests" doc:"How many requests it matched."`
	Refused  int64 `json:"refused" doc:"How many of them were refused, or would have been."`
	Lowest   int   `json:"lowestScore" doc:"The lowest score of such a request."`
	Highest  int   `json:"highestScore" doc:"The highest score of such a request."`
	// Sample is the shape of a text that it matched: letters are x, digits 9.
	Sample    string         `json:"sample" doc:"The shape of a text that it matched: letters are x, digits 9."`
	Examples  []string       `json:"requestIds" doc:"The ids of the last requests, which clients were told and the log names."`
	Last      time.Time      `json:"last"`
	Exclusion map[string]any `json:"exclusion,omitempty" doc:"What to add to a policy's exclusions in order to stop it."`
}

// Estimate is how many of a route's requests other settings would have refused.
type Estimate struct {
	Project  string `json:"project"`
	Stage    string `json:"stage"`
	Route    string `json:"route"`
	Requests int64  `json:"requests" doc:"How many requests were judged."`
	Refused  int64  `json:"refused" doc:"How many of them were refused, or would have been, as the policy was then."`
	Denied   int64  `json:"denied" doc:"How many of these a rule refused by itself, whatever the score."`
	WhatIf   []What `json:"whatIf"`
}

// What is an estimate for one setting.
type What struct {
	Level     int   `json:"paranoiaLevel"`
	Threshold int   `json:"inboundThreshold"`
	Requests  int64 `json:"requests" doc:"How many requests were held against the rules of this level."`
	Refused   int64 `json:"refused" doc:"How many of them would have been refused."`
}

// Proposal is a document that keeps a rule from looking.
type Proposal struct {
	// Holds says for which routes the policy holds.
	Holds    string   `json:"holds" doc:"For which routes the policy holds."`
	Document Document `json:"document"`
}

// Document is a policy as it is applied.
type Document struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       map[string]any    `json:"spec"`
}

// Policies knows which policy holds for a route.
type Policies interface {
	// Holding returns the policy of a kind that holds for a route of a stage.
	Holding(ctx context.Context, scope kernel.Scope, route, kind string) (gateway.Policy, error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's tenant that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}
