// Package validate is the gateway's kind ValidationPolicy: requests and answers
// are held against the OpenAPI document of the API that a stage serves, and
// clients learn where that API is in its life.
//
// It owns the policy's spec, the compiled documents, and what is told of what
// does not fit. Which document stands on a stage it is told (Catalog); who calls
// what it tells (Calls).
package validate
