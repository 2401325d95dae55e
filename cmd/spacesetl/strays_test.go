package main

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What net/http prints of a server that goes on after its answer is a line of the
// log, without what the server said.
func TestLibrariesPrintIntoTheLog(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				buffer := make([]byte, 4096)
				for {
					if _, err := connection.Read(buffer); err != nil {
						return
					}
					_, _ = connection.Write([]byte("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}\r\nhunter2 \x1b[2J\u009b0m"))
				}
			}()
		}
	}()
	var stderr printed
	c := &console{stdout: &bytes.Buffer{}, stderr: &stderr}
	c.observer()
	defer log.SetOutput(log.Writer())
	defer log.SetFlags(log.Flags())
	log.SetFlags(0)
	log.SetOutput(&c.libraries)
	client := &http.Client{Transport: &http.Transport{}}
	for end := time.Now().Add(10 * time.Second); stderr.String() == "" && time.Now().Before(end); time.Sleep(time.Millisecond) {
		if res, err := client.Get("http://" + listener.Addr().String()); err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
	}
	line, _, _ := strings.Cut(stderr.String(), "\n")
	if !strings.Contains(line, `"level":"WARN","msg":"a library prints: Unsolicited response received on idle HTTP channel…"`) || strings.Contains(stderr.String(), "hunter2") {
		t.Errorf("got %q", stderr.String())
	}
	before := len(stderr.String())
	log.Printf("http2: invalid header: %s%s", "\x1b]0;x\a\u009b\nspacesetl: done", strings.Repeat("é", 1000))
	if got := stderr.String()[before:]; !strings.Contains(got, `"msg":"a library prints: http2: invalid header: \u001b]0;x\u0007\u009b\nspacesetl: done`) || len(got) > 2*longestStray || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q", got)
	}
}
