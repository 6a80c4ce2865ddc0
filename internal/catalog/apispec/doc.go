// Package apispec keeps the APIs of projects: their OpenAPI documents by version
// and revision, where each stands on which stage, and what may replace what.
//
// It owns revisions, the gates of publishing (the style guide and breaking
// changes, with their overrides), the lifecycle of a version on a stage, and who
// calls which operation. It serves no traffic: the gateway takes what is
// published from View, and counts calls into Calls.
package apispec
