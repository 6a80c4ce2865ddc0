// Package mesh keeps how the services of a stage call each other: which routes their calls
// take, who may call whom, and whether both have to prove who they are.
//
// It owns the documents that say it, what is in force of them on each stage, and why a call is
// let through or refused. It carries no call itself: xds tells those who do, and identities
// of services are package pki's.
package mesh
