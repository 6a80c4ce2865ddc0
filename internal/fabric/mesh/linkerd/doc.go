// Package linkerd says in Linkerd's objects what documents of the mesh say, for stages that run
// on a cluster with Linkerd: Server, AuthorizationPolicy and MeshTLSAuthentication for who may
// call, HTTPRoute and GRPCRoute of the Gateway API for where calls go.
//
// It owns what becomes of each document, and refuses what Linkerd cannot say. It reads and
// applies nothing. What the documents mean is package mesh's. The schemas that its tests hold
// objects against are written by:
//
//	go run ./internal/target/kubernetes/schema/generate -linkerd internal/fabric/mesh/linkerd/testdata/schemas.json
package linkerd
