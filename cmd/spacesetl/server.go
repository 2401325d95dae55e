package main

import (
	"context"
	"net"
	"net/http"
	"time"
)

// httpServer is a server that is listening.
type httpServer struct {
	url    string
	server *http.Server
	done   chan error
}

func serve(ctx context.Context, addr string, handler http.Handler) (*httpServer, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &httpServer{
		url:    "http://" + listener.Addr().String(),
		server: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second},
		done:   make(chan error, 1),
	}
	go func() { s.done <- s.server.Serve(listener) }()
	return s, nil
}

// stop ends the server and waits for it.
func (s *httpServer) stop() {
	_ = s.server.Close()
	<-s.done
}
