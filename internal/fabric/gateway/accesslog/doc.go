// Package accesslog writes a line of JSON for each request that the gateway answered.
//
// It owns the form of a line and how lines reach a file or a stream without a request
// waiting for it. Which requests have a line is the gateway's to say.
package accesslog
