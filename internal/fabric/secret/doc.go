// Package secret keeps the secret values of workloads: generated or given,
// versioned, sealed before they reach the database.
//
// It owns who may see a value and how long it lives in memory: a value leaves
// through Reveal alone, and appears in no error, fact, list or log. It does not
// seal by itself (platform/seal does), and it hands values to no process.
package secret
