use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::*;

/// A node that answers with these peers, syncing or not, at block 0x10.
async fn node(peers: u64, syncing: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            while let Some(Ok(Message::Text(text))) = socket.next().await {
                let asked: Value = serde_json::from_str(text.as_str()).unwrap();
                // So do nodes written in Go: any other request is answered with an error, as 0.
                assert!(asked["id"].is_u64(), "{asked}");
                let result = match asked["method"].as_str().unwrap() {
                    "system_health" => json!({"peers": peers, "isSyncing": syncing}),
                    "chain_getHeader" => json!({"number": "0x10"}),
                    _ => json!("0xabc"),
                };
                let answer = json!({"jsonrpc": "2.0", "id": asked["id"], "result": result});
                socket.send(Message::text(answer.to_string())).await.unwrap();
            }
        }
    });
    address
}

async fn substrate(peers: u64, syncing: bool) -> Substrate {
    let rpc = format!("ws://{}", node(peers, syncing).await);
    Substrate::new(&Url::parse(&rpc).unwrap(), Some(Duration::from_millis(200)))
}

#[tokio::test]
async fn a_node_with_peers_that_does_not_sync_is_ready() {
    let ready = substrate(3, false).await;
    assert_eq!(ready.healthz().await, Ok(()));
    assert_eq!(ready.readiness().await, Ok(()));
    assert_eq!(ready.look().await, (Ok(()), Ok(()), Some(16)));
    let alone = substrate(0, false).await;
    assert_eq!(alone.readiness().await, Err("it has no peers".to_owned()));
    let syncing = substrate(3, true).await;
    assert_eq!(syncing.readiness().await, Err("it is syncing".to_owned()));
    assert_eq!(syncing.healthz_block().await, Ok(()));
}

#[test]
fn fields_are_found_in_any_case() {
    for answer in [json!({"peers": 3, "isSyncing": false}), json!({"Peers": 3, "IsSyncing": false})]
    {
        assert_eq!(field(&answer, "peers"), Some(&json!(3)));
        assert_eq!(field(&answer, "isSyncing"), Some(&json!(false)));
        assert_eq!(field(&answer, "shouldHavePeers"), None);
    }
}

#[tokio::test]
async fn a_chain_that_stands_still_is_told_after_the_limit_and_its_node_is_alive() {
    let node = substrate(3, false).await;
    assert_eq!(node.healthz_block().await, Ok(()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let why = node.healthz_block().await.unwrap_err();
    assert!(why.starts_with("the best block has been 16 for"), "{why}");
    assert!(matches!(node.look().await, (Ok(()), Err(_), Some(16))));
}

#[tokio::test]
async fn a_node_that_is_not_there_is_told() {
    let rpc = Url::parse("ws://127.0.0.1:9/").unwrap();
    let why = Substrate::new(&rpc, None).healthz().await.unwrap_err();
    assert!(why.starts_with("cannot connect to ws://127.0.0.1:9/"), "{why}");
}
