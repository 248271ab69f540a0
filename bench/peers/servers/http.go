// Hello world on Go's net/http, the obvious code. GOMAXPROCS follows the cores that the process may use: one here.
// usage: go_http          It picks a port and prints `listening on 127.0.0.1:PORT`.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
)

var body = []byte("Hello, World!\n")

func hello(response http.ResponseWriter, _ *http.Request) {
	header := response.Header()
	header.Set("Server", "go")
	header.Set("Content-Type", "text/plain")
	header.Set("Content-Length", "14")
	response.Write(body)
}

func main() {
	http.HandleFunc("/hello", hello)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
