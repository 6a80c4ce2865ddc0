// Package gateway keeps what the one entry point for traffic to workloads does: documents of
// routes, policies and products, and the table made of them that the proxy answers by.
//
// It owns who may change a document and whose it is, the history of each, which policy holds
// for which route, and what a request would meet. It passes no request on itself: package
// proxy does. It does not know what a policy's spec means, which is its kind's. Of its callers
// people come by the doors that ask what they may; the platform's own rooms by those that do
// not, see Service.
package gateway
