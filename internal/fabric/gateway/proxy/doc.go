// Package proxy answers requests by the table of the routes that are served: it finds the
// route that a request matches most closely, has its filters judge it, and passes it to an
// instance of a service, or to an address outside, and the answer back.
//
// It owns the table, how a request and an answer are changed on the way, when a request is
// tried again, copies of requests, and what is counted and told of each. Which routes there
// are and which filters stand in front of them is the gateway's to say; how a service is
// spoken to is upstream's.
package proxy
