enum Help {
  static let sender = """
    pi-sender: agrees on a key by Diffie-Hellman with one receiver and sends it an encrypted image.

    usage: pi-sender --listen ADDR:PORT --image FILE --name NAME [options]

      --listen ADDR:PORT        where to wait for the receiver; port 0 takes a free one (see --events)
      --image FILE              the image: a regular file of up to 64 GiB, empty ones too
      --store-encrypted FILE    keep the encrypted image
      --rate BITRATE            pace of the connection, for example 100mbit
      --connect-timeout DUR     how long to accept connections, until one has confirmed the key (60s)
      --attempts N              give up after so many refused connections (any number)
    \(common)

    example:
      pi-sender --listen 127.0.0.1:7400 --image cat.ppm --name alice
      pi-receiver --connect 127.0.0.1:7400 --store-decrypted copy.ppm --name bob
    """

  static let receiver = """
    pi-receiver: agrees on a key by Diffie-Hellman with a sender and receives its encrypted image.

    usage: pi-receiver --connect ADDR:PORT --name NAME [options]

      --connect ADDR:PORT       the sender; tried again and again until --connect-timeout,
                                also where a connection ends before the sender's HELLO
      --store-decrypted FILE    where the decrypted image appears once it is verified
      --store-encrypted FILE    keep the encrypted image as it arrived
      --max-bytes SIZE          refuse larger images (64GiB)
      --connect-timeout DUR     how long to try (10s)
    \(common)

    example:
      pi-sender --listen 127.0.0.1:7400 --image cat.ppm --name alice
      pi-receiver --connect 127.0.0.1:7400 --store-decrypted copy.ppm --name bob
    """

  private static let common = """
      --name NAME               this board's name: lower-case letters, digits, hyphens
      --peer NAME               refuse a peer of another name
      --profile classic|sealed  classic: unauthenticated, AES-128 in ECB or CTR mode (default)
                                sealed: authenticated encryption, both boards hold one pre-shared key
      --cipher NAME             classic: aes-128-ecb (default), aes-128-ctr; sealed: cobblestone-128
      --group NAME              ffdhe2048 (classic), ffdhe3072 (sealed), ffdhe4096
      --prime P --generator G   a group of one's own; decimal or 0x...
      --psk-file FILE           the pre-shared key: 32 bytes, mode 0600
      --no-authentication       profile sealed without a pre-shared key
      --private-exponent N      fixed exponent, for teaching only; decimal or 0x...
      --digest LIST             plaintext,ciphertext: hash these on the way (none)
      --handshake-timeout DUR   from connection to confirmed key (10s)
      --idle-timeout DUR        how long no byte may move (30s)
      --events                  progress as JSON lines on standard error
      --help, --version

    prints one JSON object. exit codes: 0 done, 3 image, 4 listen, 5 connection, 6 protocol, 7 mismatch,
    8 public value, 9 key confirmation, 10 integrity, 11 storage, 12 time-out, 13 peer gave up, 64 usage,
    70 internal, 129 SIGHUP, 130 SIGINT, 143 SIGTERM, 152 SIGXCPU
    """
}
