// Probes a fleet with golang.org/x/crypto/ssh: a goroutine for each place that the job's concurrency gives. It reads a
// job as JSON from stdin and prints what it cost as JSON, as every client here does.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	namespace    = "urn:ietf:params:xml:ns:netconf:base:1.0"
	base10       = "urn:ietf:params:netconf:base:1.0"
	base11       = "urn:ietf:params:netconf:base:1.1"
	endOfMessage = "]]>]]>"
	endOfChunks  = "\n##\n"
	hello        = `<hello xmlns="` + namespace + `"><capabilities><capability>` + base10 + `</capability><capability>` +
		base11 + `</capability></capabilities></hello>` + endOfMessage
	closeSession = `<rpc xmlns="` + namespace + `" message-id="1"><close-session/></rpc>`
	// A session that does not answer close-session is given up after as long as our own probe gives it.
	closeTimeout = time.Second
)

type device struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

type job struct {
	Devices    []device `json:"devices"`
	Credential struct {
		Username string `json:"username"`
		Password string `json:"password"`
	} `json:"credential"`
	Concurrency int   `json:"concurrency"`
	TimeoutMs   int64 `json:"timeoutMs"`
}

type result struct {
	WallMs          float64        `json:"wallMs"`
	CPUMs           float64        `json:"cpuMs"`
	PeakMemoryBytes int64          `json:"peakMemoryBytes"`
	LoopDelay       *struct{}      `json:"loopDelay"`
	Outcomes        map[string]int `json:"outcomes"`
}

type helloMessage struct {
	Capabilities []string `xml:"capabilities>capability"`
}

func main() {
	raiseOpenFiles()
	var task job
	if err := json.NewDecoder(os.Stdin).Decode(&task); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	began, cpuBefore := time.Now(), cpuMilliseconds()
	outcomes := probeAll(task)
	json.NewEncoder(os.Stdout).Encode(result{
		WallMs:          float64(time.Since(began).Microseconds()) / 1000,
		CPUMs:           cpuMilliseconds() - cpuBefore,
		PeakMemoryBytes: peakMemoryBytes(),
		Outcomes:        outcomes,
	})
}

func probeAll(task job) map[string]int {
	config := &ssh.ClientConfig{
		Config:            ssh.Config{KeyExchanges: []string{"curve25519-sha256"}, Ciphers: []string{"aes128-gcm@openssh.com"}},
		User:              task.Credential.Username,
		Auth:              []ssh.AuthMethod{ssh.Password(task.Credential.Password)},
		HostKeyCallback:   ssh.InsecureIgnoreHostKey(),
		HostKeyAlgorithms: []string{"ssh-ed25519"},
	}
	timeout := time.Duration(task.TimeoutMs) * time.Millisecond
	devices := make(chan device)
	outcomes := map[string]int{}
	var lock sync.Mutex
	var running sync.WaitGroup
	for place := 0; place < task.Concurrency; place++ {
		running.Add(1)
		go func() {
			defer running.Done()
			for each := range devices {
				outcome := probe(each, config, timeout)
				lock.Lock()
				outcomes[outcome]++
				lock.Unlock()
			}
		}()
	}
	for _, each := range task.Devices {
		devices <- each
	}
	close(devices)
	running.Wait()
	return outcomes
}

func probe(target device, config *ssh.ClientConfig, timeout time.Duration) string {
	address := net.JoinHostPort(target.Host, strconv.Itoa(target.Port))
	deadline := time.Now().Add(timeout)
	connection, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return outcomeOf(err)
	}
	defer connection.Close()
	connection.SetDeadline(deadline)
	session, channels, requests, err := ssh.NewClientConn(connection, address, config)
	if err != nil {
		return outcomeOf(err)
	}
	client := ssh.NewClient(session, channels, requests)
	outcome, err := converse(client, connection)
	if err != nil {
		return outcomeOf(err)
	}
	return outcome
}

func converse(client *ssh.Client, connection net.Conn) (string, error) {
	session, err := client.NewSession()
	if err != nil {
		return "", err
	}
	input, err := session.StdinPipe()
	if err != nil {
		return "", err
	}
	output, err := session.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := session.RequestSubsystem("netconf"); err != nil {
		return "", err
	}
	if _, err := input.Write([]byte(hello)); err != nil {
		return "", err
	}
	reader := bufio.NewReader(output)
	text, err := readUntil(reader, endOfMessage)
	if err != nil {
		return "", err
	}
	var message helloMessage
	if err := xml.Unmarshal(text, &message); err != nil {
		return "", err
	}
	chunked := offers(message, base11)
	if !chunked && !offers(message, base10) {
		return "PROTOCOL_ERROR", nil
	}
	goodbye, end := closeSession+endOfMessage, endOfMessage
	if chunked {
		goodbye, end = fmt.Sprintf("\n#%d\n%s%s", len(closeSession), closeSession, endOfChunks), endOfChunks
	}
	connection.SetDeadline(time.Now().Add(closeTimeout))
	if _, err := input.Write([]byte(goodbye)); err == nil {
		// Whether it answers or not, it is supported.
		readUntil(reader, end)
	}
	return "SUPPORTED", nil
}

func offers(message helloMessage, base string) bool {
	for _, capability := range message.Capabilities {
		if strings.TrimSpace(capability) == base {
			return true
		}
	}
	return false
}

// readUntil returns what came before the end.
func readUntil(reader *bufio.Reader, end string) ([]byte, error) {
	var text []byte
	for {
		part, err := reader.ReadSlice(end[len(end)-1])
		text = append(text, part...)
		if bytes.HasSuffix(text, []byte(end)) {
			return text[:len(text)-len(end)], nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}

func outcomeOf(err error) string {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return "TIMEOUT"
	}
	return "FAILED"
}

func raiseOpenFiles() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}

// cpuMilliseconds returns user and system time of all threads.
func cpuMilliseconds() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}

func peakMemoryBytes() int64 {
	// Not Maxrss where it can be helped: it begins with what the parent had.
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for _, line := range strings.Split(string(status), "\n") {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmHWM:" {
				kilobytes, _ := strconv.ParseInt(fields[1], 10, 64)
				return kilobytes * 1024
			}
		}
	}
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Maxrss * 1024
}
