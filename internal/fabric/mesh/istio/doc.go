// Package istio says in Istio's objects what documents of the mesh say, for stages that run on
// a cluster with Istio: PeerAuthentication, AuthorizationPolicy, DestinationRule and
// VirtualService.
//
// It owns what becomes of each document, and refuses what Istio cannot say. It reads and
// applies nothing. What the documents mean is package mesh's.
package istio

//go:generate go run ../../../target/kubernetes/schema/generate -istio testdata/schemas.json
