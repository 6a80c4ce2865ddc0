// Package sidecar stands beside a process that speaks plain HTTP and knows nothing of a mesh:
// what comes in has proven who it is (mTLS with an X509-SVID) and may ask for what it asks
// for, and what the process asks others for goes out in the same way.
//
// It owns who may call, whom to find where, and what is counted of both directions. How
// requests are read, passed on and tried again is the gateway's core; who this workload is,
// it is told by the Workload API, and renewed without a connection being cut.
package sidecar
